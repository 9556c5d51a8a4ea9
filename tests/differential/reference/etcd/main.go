// Command etcd is the datastore of the reference kube-apiserver, of the version that it is released with.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
