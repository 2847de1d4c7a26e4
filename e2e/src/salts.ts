/** Something that must not be found outside: a text that is nowhere else, and what it stands for. */
export interface Salt {
  readonly name: string;
  readonly text: string;
}

/** Texts that no run makes by chance: long enough, and of no pattern. */
export const salts = {
  pin: { name: "PIN", text: "7391846250917364" },
  /** Without its plus, which is written in many ways. */
  phone: { name: "phone number", text: "3725839174620" },
  username: { name: "account's name", text: "account-51c0ffee9d2b" },
  password: { name: "account's password", text: "password-8f3b6d1e07a2" },
  token: { name: "bearer token", text: "token-c94e2a7f5d80" },
  apiKey: { name: "OTLP header", text: "api-key-6b0d93e1f4c7" },
  callerKey: { name: "caller's key", text: "callerkey5f6e7d8c9b0a1f2e3d4c5b6" },
  hashKey: { name: "hash key", text: "hashkey0a1b2c3d4e5f60718293a4b5c6d7" },
  person: { name: "login name", text: "anna-2f4c6e8a0b1d" },
  id: { name: "id", text: "id-d7c5b3a19f80" },
  phoneAsId: { name: "phone number as an id", text: "4479183620587" },
  field: { name: "name of a field", text: "field_e8f1a2b3c4d5" },
} as const satisfies Readonly<Record<string, Salt>>;

/** What an error may name to the caller who gave it: an id that leads nowhere, a field that does not exist. */
export const callersOwn: readonly Salt[] = [salts.id, salts.phoneAsId, salts.field];

export const phoneNumber = `+${salts.phone.text}`;

/** Which salts are in `text`, in any of their forms, such as `PIN in base64`. */
export function saltsIn(text: string, sought: readonly Salt[] = Object.values(salts)): readonly string[] {
  const lowerCase = text.toLowerCase();
  const base64url = text.replaceAll("+", "-").replaceAll("/", "_");
  return sought.flatMap((salt) =>
    formsOf(salt)
      .filter(({ form, isBase64 }) => (isBase64 ? base64url.includes(form) : lowerCase.includes(form.toLowerCase())))
      .map(({ name }) => `${salt.name} ${name}`),
  );
}

interface Form {
  readonly name: string;
  readonly form: string;
  readonly isBase64?: true;
}

function formsOf({ text }: Salt): readonly Form[] {
  const bytes = [...Buffer.from(text)];
  const each = (print: (byte: number) => string) => bytes.map(print).join("");
  const hex = (byte: number, digits = 2) => byte.toString(16).padStart(digits, "0");
  const forms: readonly Form[] = [
    { name: "as it is", form: text },
    { name: "in hex", form: each((byte) => hex(byte)) },
    { name: "in hex with spaces", form: bytes.map((byte) => hex(byte)).join(" ") },
    { name: "percent-encoded", form: each((byte) => `%${hex(byte)}`) },
    { name: "in JSON escapes", form: each((byte) => `\\u${hex(byte, 4)}`) },
    { name: "as a list of bytes", form: bytes.join(",") },
  ];
  const base64 = [0, 1, 2].map((offset) => ({
    name: "in base64",
    form: base64At(text, offset),
    isBase64: true as const,
  }));
  return [...forms, ...base64];
}

/** What base64 makes of a text that stands `offset` bytes behind the start of a group, whatever stands around it. */
function base64At(text: string, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]).toString("base64url");
  const wholeBits = (offset + text.length) * 8;
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(wholeBits / 6));
}
