import { create, createRegistry, type DescFile, type DescService, type Registry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import {
  ErrorResponseSchema,
  ExtensionNumberResponseSchema,
  FileDescriptorResponseSchema,
  ListServiceResponseSchema,
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.js";

type MessageResponse = ServerReflectionResponse["messageResponse"];

/**
 * Serves `grpc.reflection.v1`: the descriptors of `services`, of itself, and of
 * what they import. https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function reflectionRoutes(services: readonly DescService[]): (router: ConnectRouter) => void {
  const served = [...services, ServerReflection];
  const files = withImports(served.map(({ file }) => file));
  const registry = createRegistry(...files);

  function answer({ messageRequest }: ServerReflectionRequest): MessageResponse {
    switch (messageRequest.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: create(ListServiceResponseSchema, { service: served.map(({ typeName }) => ({ name: typeName })) }),
        };
      case "fileByFilename":
        return fileAnswer(files.find(({ proto }) => proto.name === messageRequest.value));
      case "fileContainingSymbol":
        return fileAnswer(fileOfSymbol(registry, messageRequest.value));
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = messageRequest.value;
        const extendee = registry.getMessage(containingType);
        return fileAnswer(extendee && registry.getExtensionFor(extendee, extensionNumber)?.file);
      }
      case "allExtensionNumbersOfType":
        return extensionNumbersAnswer(registry, messageRequest.value);
      default:
        return problem(Code.InvalidArgument, "the request asks nothing");
    }
  }

  return (router) =>
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield create(ServerReflectionResponseSchema, {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(request),
          });
        }
      },
    });
}

/** The file and all that it imports, so that one answer is enough. */
function fileAnswer(file: DescFile | undefined): MessageResponse {
  if (file === undefined) {
    return problem(Code.NotFound, "not found");
  }
  const fileDescriptorProto = withImports([file]).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: create(FileDescriptorResponseSchema, { fileDescriptorProto }) };
}

function extensionNumbersAnswer(registry: Registry, typeName: string): MessageResponse {
  if (registry.getMessage(typeName) === undefined) {
    return problem(Code.NotFound, "not found");
  }
  const extensionNumber = [...registry]
    .filter((desc) => desc.kind === "extension" && desc.extendee.typeName === typeName)
    .map((desc) => (desc.kind === "extension" ? desc.number : 0));
  return {
    case: "allExtensionNumbersResponse",
    value: create(ExtensionNumberResponseSchema, { baseTypeName: typeName, extensionNumber }),
  };
}

function problem(errorCode: Code, errorMessage: string): MessageResponse {
  return { case: "errorResponse", value: create(ErrorResponseSchema, { errorCode, errorMessage }) };
}

/** A symbol is a type, a service, an extension, or a member of one of them. */
function fileOfSymbol(registry: Registry, symbol: string): DescFile | undefined {
  const parent = symbol.slice(0, Math.max(0, symbol.lastIndexOf(".")));
  return (registry.get(symbol) ?? registry.get(parent))?.file;
}

function withImports(files: readonly DescFile[]): DescFile[] {
  const found = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (!found.has(file)) {
      found.add(file);
      file.dependencies.forEach(add);
    }
  };
  files.forEach(add);
  return [...found];
}
