package main

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	text    = descriptorpb.FieldDescriptorProto_TYPE_STRING
	boolean = descriptorpb.FieldDescriptorProto_TYPE_BOOL
	enum    = descriptorpb.FieldDescriptorProto_TYPE_ENUM
)

// authAPI is VerifyPin of verigate.v1 as it is on the wire, named as the upstream names it: "token" for "pin", "sms" for
// AUTH_METHOD_SMS. Vanguard maps fields and values by their names, so this is all the mapping there is.
func authAPI() (protoreflect.ServiceDescriptor, error) {
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name:    proto.String("verigate/v1/auth.proto"),
		Package: proto.String("verigate.v1"),
		Syntax:  proto.String("proto3"),
		EnumType: []*descriptorpb.EnumDescriptorProto{{
			Name: proto.String("AuthMethod"),
			Value: []*descriptorpb.EnumValueDescriptorProto{
				{Name: proto.String("unspecified"), Number: proto.Int32(0)},
				{Name: proto.String("sms"), Number: proto.Int32(1)},
				{Name: proto.String("totp"), Number: proto.Int32(2)},
			},
		}},
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("VerifyPinRequest"), Field: []*descriptorpb.FieldDescriptorProto{
				field("service_id", 1, text), field("user_id", 2, text), field("token", 3, text), field("method", 4, enum),
			}},
			{Name: proto.String("VerifyPinResponse"), Field: []*descriptorpb.FieldDescriptorProto{
				field("verified", 1, boolean), field("method", 2, enum),
			}},
		},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("AuthAPI"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name:       proto.String("VerifyPin"),
				InputType:  proto.String(".verigate.v1.VerifyPinRequest"),
				OutputType: proto.String(".verigate.v1.VerifyPinResponse"),
			}},
		}},
	}, nil)
	if err != nil {
		return nil, err
	}
	return file.Services().ByName("AuthAPI"), nil
}

func field(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
	descriptor := &descriptorpb.FieldDescriptorProto{
		Name:   proto.String(name),
		Number: proto.Int32(number),
		Type:   kind.Enum(),
		Label:  descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	if kind == enum {
		descriptor.TypeName = proto.String(".verigate.v1.AuthMethod")
	}
	return descriptor
}
