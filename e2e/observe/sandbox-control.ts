import { URI } from "otpauth";

/** A fault of the sandbox, as its control API takes it. */
export interface SandboxFault {
  readonly call: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly delay_ms?: number;
  readonly reset?: "before" | "after";
  readonly half_body?: boolean;
  readonly times?: number;
}

/** What users hold in their hands, and what the upstream does to calls: the sandbox's control API. */
export class SandboxControl {
  readonly #url: string;
  #clockLeadMs = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** The newest PIN that was sent to a phone; undefined where none was. */
  async pinOf(phoneNumber: string): Promise<string | undefined> {
    const { messages } = await this.#send("GET", `messages?to=${encodeURIComponent(phoneNumber)}`);
    return (messages as { pin: string }[])[0]?.pin;
  }

  /** Pairs a device with the phone. Fulfils with what tells the device's code of the moment. */
  async pairDevice(phoneNumber: string): Promise<() => string> {
    const { otpauth_uri: uri } = await this.#send("POST", "devices", { phone_number: phoneNumber });
    const device = URI.parse(uri as string);
    return () => device.generate({ timestamp: Date.now() + this.#clockLeadMs });
  }

  /** What was started before can't be verified any more. */
  async letPinsExpire(): Promise<void> {
    const { now } = await this.#send("POST", "clock", { advance_seconds: 601 });
    this.#clockLeadMs = Date.parse(now as string) - Date.now();
  }

  /** Does that to the calls to come. */
  async fault(fault: SandboxFault): Promise<void> {
    await this.#send("POST", "faults", fault);
  }

  async clearFaults(): Promise<void> {
    await this.#send("DELETE", "faults");
  }

  async #send(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${this.#url}/sandbox/v1/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw new Error(`the sandbox refused ${path}: ${await response.text()}`);
    }
    return (await response.json()) as Readonly<Record<string, unknown>>;
  }
}
