/** The chosen replicas. A replica outside of Kubernetes has no namespace, which "all" matches too. */
export const replicas = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"';

/** The chosen replicas together: what is recorded of them is not known by instance. */
export const jobs = 'namespace=~"$namespace", job=~"$job"';

/** The product's own calls: without health checks and reflection. */
export const ownCalls = `${replicas}, grpc_service=~"verigate[.]v1[.].+|unknown", grpc_method=~"$grpc_method"`;
