/** @grpc/grpc-js, each call a promise, and no feature at all. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  type VerifyPinRequest,
  VerifyPinRequestSchema,
  type VerifyPinResponse,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import { verifyPinPath } from "../verify-pin.ts";
import { clientArguments } from "./client-arguments.ts";
import { runClient, type VerifyPin } from "./client-loop.ts";

const { port, calls } = clientArguments();
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());

const verifyPin: VerifyPin = (request) =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest<VerifyPinRequest, VerifyPinResponse>(
      verifyPinPath,
      (message) => Buffer.from(toBinary(VerifyPinRequestSchema, message)),
      (bytes) => fromBinary(VerifyPinResponseSchema, bytes),
      create(VerifyPinRequestSchema, request),
      (error, response) => {
        response === undefined ? reject(error) : resolve(response);
      },
    );
  });
await runClient(verifyPin, calls);
client.close();
