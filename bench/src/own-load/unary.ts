import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Answer, bodyOf, type Caller } from "./caller.ts";

/** Makes a call of any method of the contract over gRPC. Rejects where the answer is an error. */
export async function unary<I extends DescMessage, O extends DescMessage>(
  caller: Caller,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  return fromBinary(method.output, bodyOf(await unaryAnswer(caller, method, message)));
}

/** The same, for one whose answer may be an error. */
export function unaryAnswer<I extends DescMessage, O extends DescMessage>(
  caller: Caller,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<Answer> {
  const path = `/${method.parent.typeName}/${method.name}`;
  return caller.call(path, toBinary(method.input, create(method.input, message)));
}
