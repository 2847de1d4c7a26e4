import { randomBytes } from "node:crypto";
import type { ConfigSource } from "./config-sources.ts";
import { selfSignedCertificate } from "./self-signed-certificate.ts";

/**
 * What the manifests leave to whoever runs them (docs/kubernetes.md has it, too) and
 * to Kubernetes, with texts that the gateway takes.
 */
export function outsideSources(): ConfigSource[] {
  const { cert, key } = selfSignedCertificate();
  return [
    secret("verigate-account", { username: "shop", password: "right" }),
    secret("verigate-tls", { "tls.crt": cert, "tls.key": key }),
    secret("verigate-store", {
      "redis-url": "rediss://redis.example:6379",
      "hash-key": randomBytes(32).toString("base64"),
    }),
    configMap("verigate-ca", { "ca.crt": cert }),
    // In every namespace, by Kubernetes itself.
    configMap("kube-root-ca.crt", { "ca.crt": cert }),
  ];
}

function configMap(name: string, texts: Readonly<Record<string, string>>): ConfigSource {
  return { kind: "ConfigMap", name, entries: new Map(Object.entries(texts)) };
}

function secret(name: string, texts: Readonly<Record<string, string>>): ConfigSource {
  return { kind: "Secret", name, entries: new Map(Object.entries(texts)) };
}
