import { isIP } from "node:net";

/** Where to listen: a TCP port of an address, or a Unix socket. */
export type ListenAddress = TcpAddress | UnixAddress;

export interface TcpAddress {
  readonly kind: "tcp";
  /** An IP address, without brackets, or a host name. */
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}

/** Bytes of a socket's path, without the closing zero: sockaddr_un has 108 on Linux, 104 on macOS. */
const unixPathBytesMax = process.platform === "darwin" ? 103 : 107;

/**
 * Parses `host:port`, `[::1]:port` or `unix:/path`. Throws an Error that says
 * what is wrong, for whoever wrote the setting.
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    if (!path.startsWith("/") || path.includes("\0")) {
      throw new Error(`"${text}": a Unix socket needs an absolute path, as in unix:/run/verigate.sock`);
    }
    const bytes = Buffer.byteLength(path);
    if (bytes > unixPathBytesMax) {
      throw new Error(`"${text}": the path has ${bytes} bytes, and a Unix socket's can have ${unixPathBytesMax}`);
    }
    return { kind: "unix", path };
  }
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new Error(`"${text}" is neither host:port nor unix:/path`);
  }
  return { kind: "tcp", host, port };
}

/** The inverse of {@link parseListenAddress}. */
export function textFromListenAddress(address: ListenAddress): string {
  if (address.kind === "unix") {
    return `unix:${address.path}`;
  }
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Whether only this machine can reach it. A host name counts as beyond, whatever it resolves to, but for localhost. */
export function isLoopback(address: ListenAddress): boolean {
  return (
    address.kind === "unix" || address.host === "localhost" || address.host === "::1" || isLoopbackV4(address.host)
  );
}

function isLoopbackV4(host: string): boolean {
  return isIP(host) === 4 && host.startsWith("127.");
}
