/** What a careful team writes by hand: @grpc/grpc-js, undici's `request`, and no feature at all. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import {
  type VerifyPinRequest,
  VerifyPinRequestSchema,
  type VerifyPinResponse,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import { responseFromAnswer, upstreamBody, upstreamPath, verifyPinPath } from "../verify-pin.ts";
import { createPutUpstream } from "./put-upstream.ts";
import { serverArguments } from "./server-arguments.ts";

const { port, upstream } = serverArguments();
const put = createPutUpstream(upstream);

const authApi = {
  verifyPin: {
    path: verifyPinPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: VerifyPinRequest) => Buffer.from(toBinary(VerifyPinRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(VerifyPinRequestSchema, bytes),
    responseSerialize: (message: VerifyPinResponse) => Buffer.from(toBinary(VerifyPinResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(VerifyPinResponseSchema, bytes),
  },
};

function verifyPin(
  { request }: ServerUnaryCall<VerifyPinRequest, VerifyPinResponse>,
  answer: sendUnaryData<VerifyPinResponse>,
): void {
  put(upstreamPath(request), upstreamBody(request)).then(
    (body) => answer(null, responseFromAnswer(body)),
    () => answer({ code: status.UNAVAILABLE }),
  );
}

const server = new Server();
server.addService(authApi, { verifyPin });
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) {
    throw error;
  }
});
