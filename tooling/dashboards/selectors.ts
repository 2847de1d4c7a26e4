/** The chosen replicas. A replica outside of Kubernetes has no namespace, which "all" matches too. */
export const replicas = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"';

/** The chosen replicas together: what is recorded of them is not known by instance. */
export const jobs = 'namespace=~"$namespace", job=~"$job"';

/** The chosen services, as far as VERIGATE_METRICS_SERVICES tells them apart. */
export const services = `${replicas}, service_id=~"$service_id"`;

/** The product's own calls: without health checks and reflection. */
export const ownCalls = `${replicas}, grpc_service=~"verigate[.]v1[.].+|unknown", grpc_method=~"$grpc_method"`;
