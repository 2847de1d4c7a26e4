import { sampleRequest } from "../verify-pin.ts";

/** PINs that the upstream of many users takes for right and for wrong. */
export const rightPin = sampleRequest.pin;
export const wrongPin = "000000";

/** The service that all users belong to. */
export const serviceId = sampleRequest.serviceId;

/** The id of the user with that number. */
export function userIdOf(number: number): string {
  return `d27b3f0a-58c4-4f1e-9d36-${hex(number)}`;
}

/** The `request_id` of the call with that number, one of a series for each first digit. */
export function requestIdOf(series: number, number: number): string {
  return `${series}0b5e7c2-3d14-4a90-8f6b-${hex(number)}`;
}

function hex(number: number): string {
  return number.toString(16).padStart(12, "0");
}
