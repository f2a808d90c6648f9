namespace Cloudlet.Wire.Grpc;

/// <summary>Bounds that both ends keep.</summary>
public static class GrpcLimits
{
    /// <summary>Largest message, in bytes, there and back: 400 MiB, as Pulumi's engine has it.</summary>
    public const int MaxMessage = 400 * 1024 * 1024;

    /// <summary>Largest headers and trailers of an answer, in bytes: 16 MiB, as the engine's gRPC has it. The details of a failure are among them, and with them the whole state of a resource.</summary>
    public const int MaxHeaders = 16 << 20;

    /// <summary>
    /// How deep messages may nest. A level of a property tree takes three (value, struct, entry), and protobuf's own limit of 100 is soon met by real programs.
    /// </summary>
    public const int MaxNesting = 600;
}
