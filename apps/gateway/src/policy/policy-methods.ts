import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";

/** A method as a policy sees it. */
export interface PolicyMethod {
  /** As it is written in a policy: `AuthAPI.VerifyPin`. */
  readonly name: string;
  /** Whether its request says which service it is about; of the others, a policy's services say nothing. */
  readonly hasService: boolean;
}

/** By the full name of the service and that of the method, joined by a slash. All but health, which is open. */
export const policyMethods: ReadonlyMap<string, PolicyMethod> = new Map([
  ...[ServiceAPI, UserAPI, AuthAPI].flatMap((service) =>
    service.methods.map((method): [string, PolicyMethod] => [
      `${service.typeName}/${method.name}`,
      { name: `${service.name}.${method.name}`, hasService: "serviceId" in method.input.field },
    ]),
  ),
  [
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    { name: "ServerReflection.ServerReflectionInfo", hasService: false },
  ],
]);

const names = [...policyMethods.values()].map(({ name }) => name);

/** What a policy may write for methods, with the names that it stands for: `AuthAPI.VerifyPin`, `AuthAPI.*`, `*`. */
export const methodPatterns: ReadonlyMap<string, readonly string[]> = new Map([
  ["*", names],
  ...names.map((name): [string, string[]] => {
    const group = name.replace(/\..*$/, ".");
    return [`${group}*`, names.filter((each) => each.startsWith(group))];
  }),
  ...names.map((name): [string, string[]] => [name, [name]]),
]);
