// An operator as people write them with controller-runtime, talking protobuf: for every Deployment with the label judge=operator it keeps a
// ConfigMap of the same name that says how many replicas are wanted, and counts deletions in the ConfigMap "farewells" by way of a finalizer.
package main

import (
	"context"
	"os"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

const finalizer = "judge.skiff.test/farewell"

type reconciler struct {
	client.Client
	scheme *runtime.Scheme
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var deployment appsv1.Deployment
	if err := r.Get(ctx, request.NamespacedName, &deployment); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !deployment.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.farewell(ctx, &deployment)
	}
	if controllerutil.AddFinalizer(&deployment, finalizer) {
		if err := r.Update(ctx, &deployment); err != nil {
			return ctrl.Result{}, err
		}
	}
	wanted := corev1.ConfigMap{}
	wanted.Name, wanted.Namespace = deployment.Name, deployment.Namespace
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, &wanted, func() error {
		wanted.Data = map[string]string{"replicas": strconv.Itoa(int(*deployment.Spec.Replicas))}
		return controllerutil.SetControllerReference(&deployment, &wanted, r.scheme)
	})
	return ctrl.Result{}, err
}

func (r *reconciler) farewell(ctx context.Context, deployment *appsv1.Deployment) error {
	if !controllerutil.ContainsFinalizer(deployment, finalizer) {
		return nil
	}
	said := corev1.ConfigMap{}
	said.Name, said.Namespace = "farewells", deployment.Namespace
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, &said, func() error {
		if said.Data == nil {
			said.Data = map[string]string{}
		}
		said.Data[deployment.Name] = "gone"
		return nil
	})
	if err != nil {
		return err
	}
	patch := client.MergeFrom(deployment.DeepCopy())
	controllerutil.RemoveFinalizer(deployment, finalizer)
	return r.Patch(ctx, deployment, patch)
}

func main() {
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	config := ctrl.GetConfigOrDie()
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = config.ContentType
	// Where the labels are looked at is the server's affair in watches, and the cache's in reads.
	labelled := predicate.NewPredicateFuncs(func(object client.Object) bool {
		return strings.EqualFold(object.GetLabels()["judge"], "operator")
	})
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                  clientgoscheme.Scheme,
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		LeaderElection:          true,
		LeaderElectionID:        "judge.skiff.test",
		LeaderElectionNamespace: "default",
	})
	check(err)
	check(ctrl.NewControllerManagedBy(manager).
		For(&appsv1.Deployment{}, builder.WithPredicates(labelled)).
		Owns(&corev1.ConfigMap{}).
		Complete(&reconciler{manager.GetClient(), manager.GetScheme()}))
	check(manager.Start(ctrl.SetupSignalHandler()))
}

func check(err error) {
	if err != nil {
		ctrl.Log.Error(err, "the operator ends")
		os.Exit(1)
	}
}
