/**
 * Lays the third-party .proto files that our own import, or that we serve, into
 * `gen/third-party` (ignored by git): a buf module without a registry.
 *
 * Three come as files inside npm packages. `buf/validate/validate.proto` ships
 * in none, but its descriptor does, so its source is printed from that.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { protoFromDescFile } from "./proto-from-desc-file.ts";

const target = join(import.meta.dirname, "..", "gen", "third-party");
const { resolve } = createRequire(import.meta.url);

const copies: Record<string, string> = {
  "google/rpc/error_details.proto": join(packageDirectory("google-proto-files"), "google/rpc/error_details.proto"),
  "grpc/health/v1/health.proto": join(packageDirectory("grpc-health-check"), "proto/health/v1/health.proto"),
  "grpc/reflection/v1/reflection.proto": join(
    packageDirectory("@grpc/reflection"),
    "build/proto/grpc/reflection/v1/reflection.proto",
  ),
};

rmSync(target, { recursive: true, force: true });
for (const [path, source] of Object.entries(copies)) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  copyFileSync(source, join(target, path));
}
const validate = join(target, "buf/validate/validate.proto");
mkdirSync(dirname(validate), { recursive: true });
writeFileSync(validate, protoFromDescFile(file_buf_validate_validate));

function packageDirectory(name: string): string {
  return dirname(resolve(`${name}/package.json`));
}
