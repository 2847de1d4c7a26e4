"""Logs a user in by Debian's grpcio, and asks health and reflection. Prints JSON.

usage: login.py <file descriptor set> <target> <sandbox url>

Debian's protoc is older than "optional" in proto3, so the messages are made from descriptors when this starts.
"""

import json
import sys
import urllib.parse
import urllib.request

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

descriptors, target, sandbox = sys.argv[1:]
phone_number = "+37255555555"
timeout = 20

pool = descriptor_pool.DescriptorPool()
with open(descriptors, "rb") as file:
    for each in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
        pool.Add(each)
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


def enum_name(name, number):
    return pool.FindEnumTypeByName(name).values_by_number[number].name


def method(channel, kind, name):
    """The method of that full name as a function, as the generated code of grpc_tools makes it."""
    descriptor = pool.FindServiceByName(name.split("/")[0]).methods_by_name[name.split("/")[1]]
    request = factory.GetPrototype(descriptor.input_type)
    call = getattr(channel, kind)(
        f"/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=factory.GetPrototype(descriptor.output_type).FromString,
    )
    return lambda **fields: call(request(**fields), timeout=timeout)


def pin_of(phone):
    query = urllib.parse.urlencode({"to": phone})
    with urllib.request.urlopen(f"{sandbox}/sandbox/v1/messages?{query}") as response:
        return json.load(response)["messages"][0]["pin"]


def reflected_services(channel):
    request = message("grpc.reflection.v1.ServerReflectionRequest")
    ask = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=request.SerializeToString,
        response_deserializer=message("grpc.reflection.v1.ServerReflectionResponse").FromString,
    )
    [answer] = ask(iter([request(list_services="*")]), timeout=timeout)
    return sorted(service.name for service in answer.list_services_response.service)


with grpc.insecure_channel(target) as channel:

    def unary(name):
        return method(channel, "unary_unary", name)

    service = unary("verigate.v1.ServiceAPI/CreateService")(fqdn="shop.example", name="Shop").service
    user = unary("verigate.v1.UserAPI/CreateUser")(
        service_id=service.id, phone_number=phone_number, id_in_service="anna"
    ).user
    login = {"service_id": service.id, "user_id": user.id}
    initiated = unary("verigate.v1.AuthAPI/InitiateAuth")(method="AUTH_METHOD_SMS", **login)
    pin = pin_of(phone_number)
    verify_pin = unary("verigate.v1.AuthAPI/VerifyPin")
    wrong = verify_pin(pin=pin[:-1] + str((int(pin[-1]) + 1) % 10), **login)
    right = verify_pin(pin=pin, **login)

    try:
        unary("verigate.v1.UserAPI/GetUser")(service_id=service.id, user_id="nobody")
        missing = "found"
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
        missing = {"code": error.code().name, "has_reason": b"USER_NOT_FOUND" in details}

    serving_status = "grpc.health.v1.HealthCheckResponse.ServingStatus"
    check = unary("grpc.health.v1.Health/Check")(service="verigate.v1.AuthAPI")
    watch = method(channel, "unary_stream", "grpc.health.v1.Health/Watch")(service="")
    watched = next(iter(watch))
    watch.cancel()
    listed = unary("grpc.health.v1.Health/List")()

    print(
        json.dumps(
            {
                "method": enum_name("verigate.v1.AuthMethod", initiated.method),
                "wrong": [wrong.verified, enum_name("verigate.v1.VerifyFailure", wrong.failure)],
                "right": [right.verified, enum_name("verigate.v1.VerifyFailure", right.failure)],
                "missing": missing,
                "check": enum_name(serving_status, check.status),
                "watch": enum_name(serving_status, watched.status),
                "list": sorted(listed.statuses),
                "reflection": reflected_services(channel),
            }
        )
    )
