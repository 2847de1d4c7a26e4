import type { DescEnum, DescExtension, DescField, DescFile, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label } from "@bufbuild/protobuf/wkt";

/**
 * Prints a descriptor as .proto source: imports, messages, enums, oneofs,
 * extensions and extension ranges, but no options, no services and no comments.
 *
 * Made for files that are only imported for their options: the source compiles
 * to the same fields and numbers, which is all that reading those options needs.
 * Throws where the file has something that it does not print.
 */
export function protoFromDescFile(file: DescFile): string {
  if (file.services.length > 0) {
    throw new Error(`${file.proto.name}: services are not printed`);
  }
  return [
    `syntax = "${file.proto.syntax || "proto2"}";`,
    `package ${file.proto.package};`,
    ...file.dependencies.map((dependency) => `import "${dependency.proto.name}";`),
    ...file.enums.map(printEnum),
    ...file.messages.map(printMessage),
    ...file.extensions.map(printExtension),
    "",
  ].join("\n");
}

function printMessage(message: DescMessage): string {
  const ranges = message.proto.extensionRange.map(({ start, end }) => {
    const last = end >= 536870912 ? "max" : String(end - 1);
    return `extensions ${start} to ${last};`;
  });
  return [
    `message ${message.name} {`,
    ...ranges,
    ...message.nestedEnums.map(printEnum),
    ...message.nestedMessages.filter((nested) => nested.proto.options?.mapEntry !== true).map(printMessage),
    ...message.nestedExtensions.map(printExtension),
    ...message.members.map((member) => (member.kind === "oneof" ? printOneof(member) : printField(member))),
    "}",
  ].join("\n");
}

function printEnum(desc: DescEnum): string {
  return [`enum ${desc.name} {`, ...desc.values.map(({ name, number }) => `${name} = ${number};`), "}"].join("\n");
}

function printOneof(oneof: DescOneof): string {
  return [
    `oneof ${oneof.name} {`,
    ...oneof.fields.map((field) => `${typeName(field)} ${field.name} = ${field.number};`),
    "}",
  ].join("\n");
}

function printField(field: DescField): string {
  return `${label(field)}${typeName(field)} ${field.name} = ${field.number};`;
}

function printExtension(extension: DescExtension): string {
  return `extend ${extension.extendee.typeName} { ${label(extension)}${typeName(extension)} ${extension.name} = ${extension.number}; }`;
}

function label(field: DescField | DescExtension): string {
  if (field.fieldKind === "map") {
    return "";
  }
  const isProto2 = (field.kind === "extension" ? field.file : field.parent.file).proto.syntax !== "proto3";
  switch (field.proto.label) {
    case FieldDescriptorProto_Label.REPEATED:
      return "repeated ";
    case FieldDescriptorProto_Label.REQUIRED:
      return "required ";
    default:
      return isProto2 || field.proto.proto3Optional ? "optional " : "";
  }
}

function typeName(field: DescField | DescExtension): string {
  if (field.fieldKind === "map") {
    const value = field.mapKind === "scalar" ? scalarName(field.scalar) : `.${(field.message ?? field.enum).typeName}`;
    return `map<${scalarName(field.mapKey)}, ${value}>`;
  }
  if (field.message !== undefined) {
    return `.${field.message.typeName}`;
  }
  return field.enum !== undefined ? `.${field.enum.typeName}` : scalarName(field.scalar);
}

function scalarName(scalar: ScalarType | undefined): string {
  const name = scalar === undefined ? undefined : ScalarType[scalar];
  if (name === undefined) {
    throw new Error("a field without a type");
  }
  return name.toLowerCase();
}
