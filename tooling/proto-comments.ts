import { execFileSync } from "node:child_process";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The path of `FileDescriptorProto.enum_type` and `EnumDescriptorProto.value` in source code info (descriptor.proto). */
const enumField = 5;
const valueField = 2;

/**
 * The comments above the values of an enum at the top level of the file `path` of proto/,
 * by the values' names. Generated stubs hold none, so buf reads the source of the
 * repository at `root` once more. Empty where there is no such enum.
 */
export function enumValueComments(root: string, path: string, enumName: string): ReadonlyMap<string, string> {
  const bytes = execFileSync("buf", ["build", "--path", `proto/${path}`, "-o", "-"], { cwd: root });
  const file = fromBinary(FileDescriptorSetSchema, bytes).file.find(({ name }) => name === path);
  const enumIndex = file?.enumType.findIndex(({ name }) => name === enumName) ?? -1;
  const values = file?.enumType[enumIndex]?.value ?? [];
  return new Map(
    values.map(({ name }, index) => {
      const position = [enumField, enumIndex, valueField, index].join();
      const location = file?.sourceCodeInfo?.location.find((each) => each.path.join() === position);
      return [name, (location?.leadingComments ?? "").trim().replaceAll(/\s+/g, " ")];
    }),
  );
}
