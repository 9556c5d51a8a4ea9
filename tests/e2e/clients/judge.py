"""What programs do with the Python client: objects of several kinds, a patch, a watch, a command in a container, logs, an error."""
import sys
import threading

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import stream

image = sys.argv[1]
config.load_kube_config()
core, apps = client.CoreV1Api(), client.AppsV1Api()

core.create_namespace({"metadata": {"name": "python"}})
labels = {"app": "web"}
apps.create_namespaced_deployment("python", client.V1Deployment(
    metadata=client.V1ObjectMeta(name="web"),
    spec=client.V1DeploymentSpec(
        replicas=1,
        selector=client.V1LabelSelector(match_labels=labels),
        template=client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=labels),
            spec=client.V1PodSpec(containers=[
                client.V1Container(name="web", image=image, command=["sh", "-c", "echo started; exec sleep 3600"]),
            ]),
        ),
    ),
))
seen = []
for event in watch.Watch().stream(core.list_namespaced_pod, "python", label_selector="app=web", timeout_seconds=60):
    pod = event["object"]
    seen.append((event["type"], pod.status.phase))
    if pod.status.phase == "Running":
        break
assert seen[-1][1] == "Running", seen
said = stream(core.connect_get_namespaced_pod_exec, pod.metadata.name, "python", command=["echo", "from python"],
              stdout=True, stderr=True, stdin=False, tty=False)
assert said == "from python\n", repr(said)
# As bytes: some versions of the client make text of them that is none.
log = core.read_namespaced_pod_log(pod.metadata.name, "python", _preload_content=False).data
assert log == b"started\n", log

scaled = apps.patch_namespaced_deployment_scale("web", "python", {"spec": {"replicas": 0}})
# None is none: a zero is left out.
assert scaled.spec.replicas is None, scaled
patched = apps.patch_namespaced_deployment("web", "python", [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}])
assert patched.metadata.labels == {"a": "b"}, patched.metadata

pages, token = [], None
for n in range(5):
    core.create_namespaced_config_map("python", {"metadata": {"name": f"c{n}", "labels": {"set": "five"}}})
while True:
    page = core.list_namespaced_config_map("python", label_selector="set=five", limit=2, _continue=token)
    pages.append([item.metadata.name for item in page.items])
    token = page.metadata._continue
    if not token:
        break
assert pages == [["c0", "c1"], ["c2", "c3"], ["c4"]], pages

try:
    core.create_namespaced_config_map("python", {"metadata": {"name": "Not A Name"}})
    raise AssertionError("a name that is none was taken")
except ApiException as error:
    assert error.status == 422 and "metadata.name" in error.body, error
core.delete_namespace("python")
print("python: ok")
