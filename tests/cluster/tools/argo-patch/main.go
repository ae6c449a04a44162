// Command argo-patch does with a pod what Argo's workflow controller does with its workflow's patches: it merges
// workflowDefaults into the workflow, then applies the podSpecPatch of the workflow and of its template to the pod
// (controller.setWorkflowDefaults and createWorkflowPod of workflow/controller). Standard input is
// {"defaults": Workflow, "workflow": Workflow, "templatePatch": string, "pod": Pod} in JSON, standard output the Pod.
package main

import (
	"encoding/json"
	"log"
	"os"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/workflow/util"
	corev1 "k8s.io/api/core/v1"
)

type input struct {
	Defaults      *wfv1.Workflow `json:"defaults"`
	Workflow      *wfv1.Workflow `json:"workflow"`
	TemplatePatch string         `json:"templatePatch"`
	Pod           corev1.Pod     `json:"pod"`
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		log.Fatal(err)
	}
	if err := util.MergeTo(in.Defaults, in.Workflow); err != nil {
		log.Fatal(err)
	}
	var patches []string
	for _, patch := range []string{in.Workflow.Spec.PodSpecPatch, in.TemplatePatch} {
		if patch != "" {
			patches = append(patches, patch)
		}
	}
	spec, err := util.ApplyPodSpecPatch(in.Pod.Spec, patches...)
	if err != nil {
		log.Fatal(err)
	}
	in.Pod.Spec = *spec
	if metadata := in.Workflow.Spec.PodMetadata; metadata != nil {
		for name, value := range metadata.Labels {
			in.Pod.Labels[name] = value
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(in.Pod); err != nil {
		log.Fatal(err)
	}
}
