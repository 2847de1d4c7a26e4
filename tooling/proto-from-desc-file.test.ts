import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type DescFile, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  file_google_protobuf_descriptor,
  file_google_protobuf_struct,
} from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { AuthAPI } from "@verigate/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { protoFromDescFile } from "./proto-from-desc-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protos-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The descriptor that buf makes of the printed source. */
function printAndCompile(file: DescFile): FileDescriptorProto | undefined {
  const path = file.proto.name;
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), protoFromDescFile(file));
  const bytes = execFileSync("buf", ["build", folder, "-o", "-"]);
  return fromBinary(FileDescriptorSetSchema, bytes).file.find(({ name }) => name === path);
}

/** What decides how bytes are read: all names, types, labels, numbers and ranges. */
function wireOutline(file: FileDescriptorProto | undefined): string[] {
  return [
    ...(file?.messageType ?? []).flatMap((message) => ofMessage("", message)),
    ...(file?.enumType ?? []).flatMap((each) => ofEnum("", each)),
    ...(file?.extension ?? []).map((each) => ofField("", each)),
  ].sort();
}

function ofMessage(scope: string, message: DescriptorProto): string[] {
  const name = `${scope}.${message.name}`;
  return [
    name,
    ...message.field.map((field) => `${ofField(name, field)} in ${message.oneofDecl[field.oneofIndex]?.name}`),
    ...message.extension.map((field) => ofField(name, field)),
    ...message.extensionRange.map(({ start, end }) => `${name} extensions ${start} to ${end}`),
    ...message.nestedType.flatMap((nested) => ofMessage(name, nested)),
    ...message.enumType.flatMap((nested) => ofEnum(name, nested)),
  ];
}

function ofEnum(scope: string, { name, value }: EnumDescriptorProto): string[] {
  return value.map((each) => `${scope}.${name}.${each.name} = ${each.number}`);
}

function ofField(
  scope: string,
  { name, number, label, type, typeName, extendee, proto3Optional }: FieldDescriptorProto,
): string {
  return `${scope}.${name} = ${number} ${label} ${type} ${typeName} ${extendee} ${proto3Optional}`;
}

it.each([
  { what: "validation rules", file: file_buf_validate_validate },
  { what: "maps and proto3", file: file_google_protobuf_struct },
  { what: "required fields and extension ranges", file: file_google_protobuf_descriptor },
])("the printed source compiles to the same names, types and numbers: $what", ({ file }) => {
  const original = wireOutline(file.proto);
  expect(original.length).toBeGreaterThan(10);
  expect(wireOutline(printAndCompile(file))).toEqual(original);
});

it("a file with services is refused, since they are not printed", () => {
  expect(() => protoFromDescFile(AuthAPI.file)).toThrow("services are not printed");
});
