import { salts } from "./salts.ts";
import type { RecordedRequest, Script } from "./scripted-upstream.ts";

/** All that an upstream learns of a request, and what else it may know, as one text. */
function echoOf({ method, path, headers, body }: RecordedRequest): string {
  const known = Object.values(salts).map(({ text }) => text);
  return [method, path, JSON.stringify(headers), body, ...known].join(" ");
}

/** The same as headers; a value can't have all characters. */
const saltedHeaders = {
  "x-echo": Object.values(salts)
    .map(({ text }) => text)
    .join(" "),
  "retry-after": salts.pin.text,
  date: salts.phone.text,
  location: `https://${salts.username.text}:${salts.password.text}@example.com/${salts.phone.text}?pin=${salts.pin.text}`,
  "content-type": `application/json; charset=${salts.person.text}`,
  "set-cookie": `pin=${salts.pin.text}`,
};

const statusText = `${salts.pin.text} ${salts.phone.text} ${salts.password.text}`;

/** An answer that says back whatever was asked, in every place where an answer can say something. */
function answering(status: number, bodyOf: (echo: string) => unknown): Script {
  return (request) => ({ status, statusText, headers: saltedHeaders, body: bodyOf(echoOf(request)) });
}

/** Every second time, or the gateway would ask no more. */
function refusingTheAccount(): Script {
  let isRefused = false;
  return (request) => {
    isRefused = !isRefused;
    return { status: isRefused ? 401 : 403, statusText, headers: saltedHeaders, body: asMessage(echoOf(request)) };
  };
}

const asMessage = (echo: string) => ({ message: echo, error: { code: echo, details: [echo] }, [echo]: echo });

/** Success as to its form, with the wrong thing in each field. */
const asFields = (echo: string) => ({
  id: { echo },
  name: [echo],
  ctime: echo,
  id_in_service: { echo },
  users: [echo],
  method: echo,
  auth_id: { echo },
  verified: echo,
  status: { result: echo, throttled: echo },
});

/** A user list of which one is wrong. */
const asUsers = (echo: string) => ({
  users: [{ id: "u1", ctime: echo, id_in_service: salts.person.text }, { id: echo }],
});

/** Success, with more in it than anybody asked for. */
const asSuccess = (echo: string) => ({
  id: salts.id.text,
  name: "Shop",
  ctime: "2017-07-06T13:12:03.141Z",
  id_in_service: salts.person.text,
  method: "sms",
  auth_id: salts.id.text,
  verified: false,
  status: { invalid: true, result: "INVALID" },
  users: [{ id: salts.id.text, ctime: "2017-07-06T13:12:03.141Z", id_in_service: salts.person.text, echo }],
  echo,
});

/** Everything that an upstream can do, each with all it knows in it. */
export const saltedReactions: readonly { readonly name: string; readonly script: Script }[] = [
  ...[200, 201, 202, 400, 403, 404, 409, 422, 429, 500, 503, 302, 206, 599].map((status) => ({
    name: `${status} with a message`,
    script: answering(status, asMessage),
  })),
  { name: "200 with fields of other types", script: answering(200, asFields) },
  { name: "201 with fields of other types", script: answering(201, asFields) },
  { name: "200 with a wrong user", script: answering(200, asUsers) },
  { name: "200 that is no JSON", script: answering(200, (echo) => `<html>${echo}</html>`) },
  { name: "404 that is no JSON", script: answering(404, (echo) => `<html>${echo}</html>`) },
  { name: "200 of half a JSON", script: answering(200, (echo) => JSON.stringify({ id: echo }).slice(0, -2)) },
  { name: "200 that is too large", script: answering(200, (echo) => echo.repeat(2_000)) },
  { name: "success", script: answering(200, asSuccess) },
  { name: "created", script: answering(201, asSuccess) },
  { name: "half an answer", script: (request) => ({ status: 200, cut: echoOf(request) }) },
  { name: "a reset", script: { reset: "after" } },
  { name: "a reset at once", script: { reset: "before" } },
  { name: "a status line that is none", script: (request) => ({ raw: `HTTP/1.1 ${echoOf(request)}\r\n\r\n` }) },
  { name: "a header that is none", script: (request) => ({ raw: `HTTP/1.1 200 OK\r\n${echoOf(request)}\r\n\r\n` }) },
  {
    name: "a length that is none",
    script: { raw: `HTTP/1.1 200 OK\r\ncontent-length: ${salts.phone.text}x\r\n\r\n${salts.pin.text}` },
  },
  { name: "silence", script: "hang" },
  { name: "401 with a message", script: refusingTheAccount() },
];
