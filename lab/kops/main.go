// Reads kOps manifests from standard input as kOps does, and ends with status 1 where one has a field that kOps does not know.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kops/pkg/apis/kops/v1alpha2"
	"sigs.k8s.io/yaml"
)

func check(manifest []byte) error {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal(manifest, &head); err != nil {
		return err
	}
	if version, err := schema.ParseGroupVersion(head.APIVersion); err != nil || version != v1alpha2.SchemeGroupVersion {
		return fmt.Errorf("expected %s, found %q", v1alpha2.SchemeGroupVersion, head.APIVersion)
	}
	switch head.Kind {
	case "Cluster":
		return yaml.UnmarshalStrict(manifest, &v1alpha2.Cluster{})
	case "InstanceGroup":
		return yaml.UnmarshalStrict(manifest, &v1alpha2.InstanceGroup{})
	}
	return fmt.Errorf("expected a Cluster or an InstanceGroup, found %q", head.Kind)
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	for _, manifest := range bytes.Split(text, []byte("\n---\n")) {
		if err := check(manifest); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
