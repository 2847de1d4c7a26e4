import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { AuthMethod, createVerigateClient, type VerigateClient } from "@verigate/client";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { realKubectl } from "../../tooling/kubernetes/kubectl.ts";
import { fileOf } from "./caller-credentials.ts";
import { makeCertificates } from "./certificates.ts";
import type { ContainerSetup } from "./container-config.ts";
import { type ContainerUnderTest, runContainer, startContainer } from "./container-under-test.ts";
import { startDevPod } from "./dev-pod.ts";
import { envForTest } from "./gateway-under-test.ts";
import { buildImages, type ImagesUnderTest, type ImageUnderTest } from "./image-under-test.ts";
import { loginLines } from "./readme-lines.ts";
import { buildah, memoryCgroups, openssl, runc, testWith } from "./real-or-skip.ts";
import { inRepository } from "./repository.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aUser, userOfService, verifyPin } from "./samples.ts";
import { startSandbox } from "./sandbox-under-test.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const test = testWith(buildah, runc);
const testWithOpenssl = testWith(buildah, runc, openssl);
const testWithMemoryLimit = testWith(buildah, runc, memoryCgroups);
const testOfPod = testWith(buildah, runc, memoryCgroups, realKubectl);

const imageUserId = 65532;
const nodeProgram = "/usr/bin/node";
const mebibyte = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), "vg-image-"));
let images: ImagesUnderTest;
beforeAll(async () => {
  images = await buildImages(folder);
  for (const { reference, bytes } of Object.values(images)) {
    process.stdout.write(`${reference} is of ${(bytes / mebibyte).toFixed(0)} MiB\n`);
  }
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An account whose password stands in a file, as secrets come to a pod. */
function account(password = "sandbox") {
  const { path } = fileOf(password);
  chmodSync(path, 0o444);
  return {
    files: { "/run/secrets/password": path },
    env: { MESSENTE_API_PASSWORD: "", MESSENTE_API_PASSWORD_FILE: "/run/secrets/password" },
  };
}

/** A folder that the gateway may put its socket in, as a volume of a pod is. */
function socketFolder(): string {
  const path = temporaryFolder();
  chownSync(path, imageUserId, imageUserId);
  return path;
}

/** A gateway on a Unix socket. The rest is the image's, and the test's settings. */
function setupOf(upstream: string, setup: Partial<ContainerSetup> = {}): ContainerSetup & { readonly sockets: string } {
  const { files, env } = account();
  const sockets = setup.sockets ?? socketFolder();
  return {
    image: images.gateway,
    ...setup,
    sockets,
    files: { ...files, ...setup.files },
    env: {
      ...envForTest(upstream),
      ...env,
      VERIGATE_LISTEN: "unix:/run/verigate/gateway.sock",
      VERIGATE_ADMIN_LISTEN: "unix:/run/verigate/admin.sock",
      VERIGATE_LOG_LEVEL: "info",
      VERIGATE_DRAIN_TIMEOUT: "20s",
      ...setup.env,
    },
  };
}

async function startReady(setup: ContainerSetup): Promise<ContainerUnderTest> {
  const container = startContainer(setup);
  await container.said(/"state is /);
  return container;
}

function clientAt(sockets: string): VerigateClient {
  const client = createVerigateClient({ address: `unix:${join(sockets, "gateway.sock")}` });
  onTestFinished(() => client.close());
  return client;
}

/** What the kernel lets a container's first process do. */
async function rightsOf(container: ContainerUnderTest): Promise<readonly string[]> {
  const status = readFileSync(`/proc/${await container.hostPid()}/status`, "utf8");
  return status.split("\n").filter((line) => /^(Uid|CapBnd|NoNewPrivs):/.test(line));
}

const noRights = ["Uid:\t65532\t65532\t65532\t65532", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"];

describe.each([
  { app: "gateway", title: "verigate", command: ["serve"], ports: ["8080/tcp", "8081/tcp"] },
  { app: "sandbox", title: "verigate-sandbox", command: [], ports: ["8025/tcp"] },
] as const)("in the image of the $app", ({ app, title, command, ports }) => {
  let image: ImageUnderTest;
  beforeAll(() => {
    image = images[app];
  });

  test("there is one program, its libraries, and no shell", () => {
    const executable = image.files.filter(({ mode, isFolder }) => !isFolder && (mode & 0o111) !== 0);
    const programs = executable.filter(({ path }) => !/^\/lib(64)?\//.test(path)).map(({ path }) => path);
    expect(programs).toEqual([nodeProgram]);
    const libraries = image.files.filter(({ path, isFolder }) => !isFolder && /^\/lib(64)?\//.test(path));
    expect(libraries.map(({ path }) => path.split("/").at(-1)).sort()).toEqual([
      expect.stringMatching(/^ld-linux-/),
      "libc.so.6",
      "libdl.so.2",
      "libgcc_s.so.1",
      "libm.so.6",
      "libpthread.so.0",
      "libstdc++.so.6",
    ]);
  });

  test("no file lends anybody's rights, and the program can change none of them", () => {
    const setId = 0o6000;
    const writableByOthers = 0o022;
    const ownFolder = "/run/verigate";
    expect(image.files.filter(({ mode }) => (mode & setId) !== 0)).toEqual([]);
    expect(image.files.filter(({ mode }) => (mode & writableByOthers) !== 0).map(({ path }) => path)).toEqual([
      ownFolder,
    ]);
    expect(image.files.filter(({ userId }) => userId !== 0)).toEqual([
      { path: ownFolder, mode: 0o770, isFolder: true, userId: imageUserId },
    ]);
  });

  test("it is not more than Node and 16 MiB", () => {
    const { size } = statSync(join(image.root, nodeProgram));
    expect(image.bytes).toBeLessThan(size + 16 * mebibyte);
  });

  test("it says who it is, how it ends and where it listens", () => {
    const { User, WorkingDir, Cmd, StopSignal, ExposedPorts, Labels } = image.config;
    expect({ User, WorkingDir, Cmd, StopSignal, ports: Object.keys(ExposedPorts) }).toEqual({
      User: `${imageUserId}:${imageUserId}`,
      WorkingDir: "/",
      Cmd: command,
      StopSignal: "SIGTERM",
      ports,
    });
    const { version } = JSON.parse(readFileSync(inRepository(`apps/${app}/package.json`), "utf8"));
    expect(Labels).toMatchObject({
      "org.opencontainers.image.title": title,
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
  });
});

test("the same sources make the same bytes", async () => {
  const again = mkdtempSync(join(tmpdir(), "vg-image-"));
  onTestFinished(() => rmSync(again, { recursive: true, force: true }));
  const { gateway, sandbox } = await buildImages(again);
  expect([gateway.digest, sandbox.digest]).toEqual([images.gateway.digest, images.sandbox.digest]);
}, 240_000);

test("the gateway's code is compiled already", async () => {
  const env = { NODE_DEBUG_NATIVE: "COMPILE_CACHE" };
  const { stderr, exitCode } = await runContainer(setupOf("http://127.0.0.1:9", { args: ["config"], env }));
  const verdicts = [...stderr.matchAll(/code cache for ESM file:\/\/(\S+) was (\w+)/g)];
  expect([exitCode, ...new Set(verdicts.map(([, , verdict]) => verdict))]).toEqual([0, "accepted"]);
  expect(verdicts.map(([, path]) => path)).toContain("/verigate/server.js");
});

describe("as user 65532, without any capability, on a root that can't be written to", () => {
  test("a user is logged in, and the health check succeeds", async () => {
    const sandbox = await startSandbox();
    const setup = setupOf(sandbox.url, { env: { MESSENTE_API_USERNAME: "sandbox" } });
    const container = await startReady(setup);
    const { services, users, auth } = clientAt(setup.sockets);
    const phoneNumber = "+37255555555";
    const { service } = await services.createService({ fqdn: "shop.example", name: "Shop" });
    const serviceId = service?.id ?? "";
    const { user } = await users.createUser({ serviceId, phoneNumber, idInService: "anna" });
    const login = { serviceId, userId: user?.id ?? "" };
    await auth.initiateAuth({ ...login, method: AuthMethod.SMS });
    expect((await auth.verifyPin({ ...login, pin: await sandbox.pinOf(phoneNumber) })).verified).toBe(true);

    const [, ...healthCheck] = images.gateway.config.Healthcheck?.Test ?? [];
    expect(await container.exec(healthCheck)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect((await container.exec(["/bin/sh", "-c", "true"])).exitCode).not.toBe(0);

    expect(await rightsOf(container)).toEqual(noRights);
    const write = 'require("node:fs").writeFileSync("/verigate/notes.txt", "")';
    const written = await container.exec([nodeProgram, "--eval", write]);
    expect([written.exitCode, written.stderr]).toEqual([1, expect.stringContaining("EROFS")]);
  });

  test("after SIGTERM the call in flight is answered, and the container ends with 0", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const upstream = await startScriptedUpstream(async () => {
      await held;
      return { status: 200, body: { verified: true, method: "sms" } };
    });
    const setup = setupOf(upstream.url);
    const container = await startReady(setup);
    const call = clientAt(setup.sockets).auth.verifyPin(verifyPin);
    await upstream.received(1);
    container.kill("SIGTERM");
    await container.said(/"draining"/);
    release();
    expect((await call).verified).toBe(true);
    expect(await container.ended).toBe(0);
  });

  test("after SIGKILL and a new start, callers find the socket again", async () => {
    const upstream = await startScriptedUpstream({ status: 200, body: aUser });
    const setup = setupOf(upstream.url);
    const { users } = clientAt(setup.sockets);
    const killed = await startReady(setup);
    expect((await users.getUser(userOfService)).user?.id).toBe("u1");
    killed.kill("SIGKILL");
    expect(await killed.ended).toBe(128 + constants.signals.SIGKILL);
    expect(existsSync(join(setup.sockets, "gateway.sock"))).toBe(true);

    await startReady(setup);
    expect((await users.getUser(userOfService)).user?.id).toBe("u1");
  });

  testWithMemoryLimit("two thousand calls are answered in 160 MiB", async () => {
    const upstream = await startScriptedUpstream({ status: 200, body: aUser });
    const setup = setupOf(upstream.url, { memoryBytes: 160 * mebibyte });
    const container = await startReady(setup);
    expect(await container.memoryLimit()).toBe(160 * mebibyte);
    const { users } = clientAt(setup.sockets);
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(Array.from({ length: 100 }, () => users.getUser(userOfService)));
    }
    container.kill("SIGTERM");
    expect(await container.ended).toBe(0);
  });

  testWithOpenssl("authorities are those of the file in the image, which another one covers", async () => {
    const { authority, server } = await makeCertificates();
    const upstream = createServer({ cert: server.cert, key: server.key }, (_, response) => {
      response.end(JSON.stringify(aUser));
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    onTestFinished(() => {
      upstream.closeAllConnections();
      upstream.close();
    });
    const url = `https://localhost:${(upstream.address() as AddressInfo).port}`;

    const stranger = setupOf(url);
    await startReady(stranger);
    const error = await rpcErrorOf(clientAt(stranger.sockets).users.getUser(userOfService));
    expect(error).toEqual(rpcError("Unavailable", "UPSTREAM_UNREACHABLE", "REPEAT_SAME_REQUEST_ID"));

    chmodSync(authority.certFile, 0o444);
    const trusted = setupOf(url, { files: { "/etc/ssl/certs/ca-certificates.crt": authority.certFile } });
    await startReady(trusted);
    expect((await clientAt(trusted.sockets).users.getUser(userOfService)).user?.id).toBe("u1");
  });
});

testOfPod(
  "the pod of overlays/dev logs a user in by the README's lines, within its limits, and ends with 0",
  async () => {
    const { sandbox, gateway, bash } = await startDevPod(images);
    const { exitCode, stdout, stderr } = await bash(loginLines);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/"verified":true,"method":"AUTH_METHOD_SMS"/);

    for (const container of [sandbox, gateway]) {
      expect(await rightsOf(container)).toEqual(noRights);
    }
    const limits = [await sandbox.memoryLimit(), await gateway.memoryLimit()];
    expect(limits).toEqual([256 * mebibyte, 384 * mebibyte]);
    // As a kubelet ends them: the sidecar last.
    for (const container of [gateway, sandbox]) {
      container.kill("SIGTERM");
      expect(await container.ended).toBe(0);
    }
  },
);

describe("what can't work ends with one line that says why", () => {
  const oneLine = (text: string) => expect.stringMatching(new RegExp(`^verigate: [^\n]*${text}[^\n]*\n$`));
  /** Runs it to its end: none of these gets as far as to serve. */
  const run = (setup: Partial<ContainerSetup>) => runContainer(setupOf("http://127.0.0.1:9", setup));

  test("a secret that is missing", async () => {
    const env = { MESSENTE_API_PASSWORD_FILE: "" };
    for (const args of [["config"], ["serve"]]) {
      expect(await run({ args, env })).toEqual({ exitCode: 78, stdout: "", stderr: oneLine("MESSENTE_API_PASSWORD") });
    }
  });

  test("a secret that the gateway may not read", async () => {
    const { path } = fileOf("nobody's");
    chmodSync(path, 0o400);
    const { exitCode, stderr } = await run({ files: { "/run/secrets/password": path } });
    expect([exitCode, stderr]).toEqual([78, oneLine("MESSENTE_API_PASSWORD_FILE.*EACCES")]);
  });

  test("a port that is taken", async () => {
    const taken = createTcpServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => {
      taken.close();
    });
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const { exitCode, stderr } = await run({ env: { VERIGATE_LISTEN: address } });
    expect([exitCode, stderr]).toEqual([1, oneLine(address)]);
  });

  testWithOpenssl("a certificate that is not the key's", async () => {
    const { server, stranger } = await makeCertificates();
    for (const path of [server.certFile, stranger.keyFile]) {
      chmodSync(path, 0o444);
    }
    const { exitCode, stderr } = await run({
      files: { "/run/tls/tls.crt": server.certFile, "/run/tls/tls.key": stranger.keyFile },
      env: { VERIGATE_TLS_CERT_FILE: "/run/tls/tls.crt", VERIGATE_TLS_KEY_FILE: "/run/tls/tls.key" },
    });
    expect([exitCode, stderr]).toEqual([78, oneLine("VERIGATE_TLS_CERT_FILE.*VERIGATE_TLS_KEY_FILE")]);
  });

  test("a folder for the socket that the gateway may not write to", async () => {
    const sockets = temporaryFolder();
    const { exitCode, stderr } = await run({ sockets });
    expect([exitCode, stderr]).toEqual([1, oneLine("/run/verigate/gateway.sock")]);
  });
});
