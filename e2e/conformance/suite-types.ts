import { readFileSync } from "node:fs";
import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const suitePackage = "connectrpc.conformance.v1";

/**
 * The suite's own messages and services, from a file of descriptors: no stubs are generated of
 * protos that are not ours, and messages are handled in their JSON form.
 */
export function suiteTypesFromFile(path: string): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
}

/** A message of the suite by its name. Throws where there is none. */
export function suiteMessage(types: FileRegistry, name: string): DescMessage {
  return types.getMessage(`${suitePackage}.${name}`) ?? missing(name);
}

/** The service that the suite calls. */
export function suiteService(types: FileRegistry): NonNullable<ReturnType<FileRegistry["getService"]>> {
  return types.getService(`${suitePackage}.ConformanceService`) ?? missing("ConformanceService");
}

function missing(name: string): never {
  throw new Error(`the conformance suite has no ${name}`);
}

/** A header or trailer in JSON. */
export interface HeaderJson {
  readonly name: string;
  readonly value: readonly string[];
}

/** An error that a request asks for, in JSON. */
export interface ErrorJson {
  readonly code?: number;
  readonly message?: string;
  readonly details?: readonly AnyJson[];
}

/** A `google.protobuf.Any` in JSON. */
export type AnyJson = { readonly "@type": string } & Readonly<Record<string, unknown>>;

/** What every request says about its answer, in JSON; `responseData` is a list where the answer is a stream. */
export interface DefinitionJson {
  readonly responseHeaders?: readonly HeaderJson[];
  readonly responseTrailers?: readonly HeaderJson[];
  readonly responseData?: string | readonly string[];
  readonly error?: ErrorJson;
  readonly responseDelayMs?: number;
}

/** A request of any method, in JSON. */
export interface RequestJson {
  readonly responseDefinition?: DefinitionJson;
  readonly fullDuplex?: boolean;
}
