import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { onTestFinished } from "vitest";
import { inRepository } from "./repository.ts";

/** A method as grpc-js makes it: (request, metadata, options, callback) where it is unary, (request) where it streams. */
type AnyMethod = (...args: unknown[]) => unknown;
type AnyClient = { close(): void } & Record<string, AnyMethod>;
type ClientClass = new (address: string, credentials: ChannelCredentials, options?: object) => AnyClient;

const definition = loadPackageDefinition(
  loadSync(
    ["verigate/v1/service.proto", "verigate/v1/user.proto", "verigate/v1/auth.proto", "grpc/health/v1/health.proto"],
    {
      includeDirs: [inRepository("proto"), inRepository("gen/third-party")],
      enums: String,
      defaults: true,
    },
  ),
);

export interface GrpcJsClient {
  unary(method: string, request: object): Promise<Record<string, unknown>>;
  stream(method: string, request: object): ClientReadableStream<unknown>;
}

/** grpc-js with its own loading of the .proto files; it is closed with the test. */
export function grpcJsClient(
  address: string,
  service: string,
  channel: ChannelCredentials = credentials.createInsecure(),
  options: object = {},
): GrpcJsClient {
  const Client = service
    .split(".")
    .reduce((at: unknown, name) => (at as GrpcObject)[name], definition) as unknown as ClientClass;
  const client = new Client(address, channel, options);
  onTestFinished(() => client.close());
  const methodOf = (name: string): AnyMethod => {
    const method = client[name];
    if (method === undefined) {
      throw new Error(`no method ${name}`);
    }
    return method.bind(client);
  };
  return {
    unary: (method, request) =>
      new Promise((resolve, reject) => {
        const done = (error: ServiceError | null, answer: Record<string, unknown>) =>
          error === null ? resolve(answer) : reject(error);
        methodOf(method)(request, new Metadata(), { deadline: Date.now() + 20_000 }, done);
      }),
    stream: (method, request) => methodOf(method)(request) as ClientReadableStream<unknown>,
  };
}
