import { Secret, TOTP } from "otpauth";
import { fullStore } from "./refusal.ts";

/** Paired phones a sandbox remembers. */
const devicesMax = 10_000;

/** A phone with the authenticator app: RFC 6238 with SHA-1, 6 digits and 30 seconds. */
export interface Device {
  /** Base32. */
  readonly secret: string;
  readonly otpauthUri: string;
  /**
   * Whether `token` is the one of now or of the step before or after. A token that
   * was accepted is not accepted again, nor is an older one (RFC 6238, section 5.2).
   */
  accepts(token: string, nowMs: number): boolean;
}

/** The paired devices, by phone number. */
export interface Devices {
  /** Pairs a new device; the phone's former one, if any, is forgotten. A full store is a 507. */
  pair(phoneNumber: string): Device;
  find(phoneNumber: string): Device | undefined;
  clear(): void;
}

/** Creates an empty store of devices. */
export function createDevices(): Devices {
  const byPhoneNumber = new Map<string, Device>();
  return {
    pair(phoneNumber) {
      if (byPhoneNumber.size >= devicesMax && !byPhoneNumber.has(phoneNumber)) {
        throw fullStore(devicesMax, "devices");
      }
      const device = createDevice(phoneNumber);
      byPhoneNumber.set(phoneNumber, device);
      return device;
    },
    find: (phoneNumber) => byPhoneNumber.get(phoneNumber),
    clear: () => byPhoneNumber.clear(),
  };
}

function createDevice(phoneNumber: string): Device {
  const totp = new TOTP({ issuer: "Verigate sandbox", label: phoneNumber, secret: new Secret({ size: 20 }) });
  let stepLastAccepted = -1;
  return {
    secret: totp.secret.base32,
    otpauthUri: totp.toString(),
    accepts(token, nowMs) {
      const stepsAway = totp.validate({ token, timestamp: nowMs, window: 1 });
      if (stepsAway === null) return false;
      const step = totp.counter({ timestamp: nowMs }) + stepsAway;
      if (step <= stepLastAccepted) return false;
      stepLastAccepted = step;
      return true;
    },
  };
}
