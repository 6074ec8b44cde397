// Package kubernetes and those below it stand in for Pulumi's Go SDK of Kubernetes. The provider needs four names of it, and the whole
// SDK, with a type for every field of every kind, takes longer to compile than all the rest of the provider.
package kubernetes

import "reflect"

// UntypedArgs are the fields of an object as a manifest has them.
type UntypedArgs map[string]any

// ElementType is what the fields are once they are known.
func (UntypedArgs) ElementType() reflect.Type {
	return reflect.TypeFor[map[string]any]()
}
