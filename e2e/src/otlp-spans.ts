import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A span as it was delivered. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where a trace begins. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "SERVER" | "CLIENT" | "OTHER";
  readonly isError: boolean;
  /** Text beside the status, which may be empty. */
  readonly statusMessage: string;
  readonly traceState: string;
  readonly events: number;
  readonly attributes: Attributes;
  /** Of what it came from. */
  readonly resource: Attributes;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What a field holds: a number, or bytes. */
interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** Reads an ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto), as far as it concerns us. */
export function spansFromOtlp(bytes: Uint8Array): Span[] {
  return messages(bytes, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1)[0] ?? new Uint8Array(), 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => spanFrom(span, resource));
  });
}

function spanFrom(span: Uint8Array, resource: Attributes): Span {
  const status = messages(span, 15)[0] ?? new Uint8Array();
  return {
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    traceState: text(span, 3),
    parentSpanId: hex(span, 4),
    name: text(span, 5),
    kind: ({ 2: "SERVER", 3: "CLIENT" } as const)[number(span, 6)] ?? "OTHER",
    attributes: attributesOf(span, 9),
    events: messages(span, 11).length,
    statusMessage: text(status, 2),
    isError: number(status, 3) === 2,
    resource,
  };
}

/** The KeyValues of a field. */
function attributesOf(message: Uint8Array, field: number): Attributes {
  return Object.fromEntries(
    messages(message, field).map((pair) => [text(pair, 1), anyValueFrom(messages(pair, 2)[0] ?? new Uint8Array())]),
  );
}

/** An AnyValue. Of arrays and the like, which nobody sends here, the bytes. */
function anyValueFrom(message: Uint8Array): string | number | boolean {
  const { number: field, value } = fieldsOf(message)[0] ?? { number: 0, value: 0 };
  if (typeof value !== "number") {
    return Buffer.from(value).toString("utf8");
  }
  return field === 2 ? value === 1 : value;
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    switch (wireType) {
      case WireType.Varint:
        fields.push({ number: field, value: Number(reader.int64()) });
        break;
      case WireType.LengthDelimited:
        fields.push({ number: field, value: reader.bytes() });
        break;
      default:
        reader.skip(wireType, field);
    }
  }
  return fields;
}

function messages(message: Uint8Array, field: number): Uint8Array[] {
  return fieldsOf(message).flatMap((each) =>
    each.number === field && typeof each.value !== "number" ? [each.value] : [],
  );
}

function text(message: Uint8Array, field: number): string {
  return Buffer.from(messages(message, field)[0] ?? new Uint8Array()).toString("utf8");
}

function hex(message: Uint8Array, field: number): string {
  return Buffer.from(messages(message, field)[0] ?? new Uint8Array()).toString("hex");
}

function number(message: Uint8Array, field: number): number {
  const found = fieldsOf(message).find((each) => each.number === field)?.value;
  return typeof found === "number" ? found : 0;
}
