namespace Cloudlet.Wire.Grpc;

/// <summary>Bounds that both ends keep.</summary>
public static class GrpcLimits
{
    /// <summary>Largest message, in bytes, there and back: 400 MiB, as Pulumi's engine has it.</summary>
    public const int MaxMessage = 400 * 1024 * 1024;

    /// <summary>
    /// How deep messages may nest. A level of a property tree takes three (value, struct, entry), and protobuf's own limit of 100 is soon met by real programs.
    /// </summary>
    public const int MaxNesting = 600;
}
