namespace Cloudlet.Wire.Grpc;

/// <summary>Limits on both sides.</summary>
public static class GrpcLimits
{
    /// <summary>Largest message in either direction, in bytes: 400 MiB, as in Pulumi's engine.</summary>
    public const int MaxMessage = 400 * 1024 * 1024;

    /// <summary>
    /// Largest headers and trailers of an answer, in bytes: 16 MiB, as in the engine's gRPC. The details of a failure are in them,
    /// including the whole state of a resource.
    /// </summary>
    public const int MaxHeaders = 16 << 20;

    /// <summary>
    /// How deep messages may nest. A level of a property tree takes three (value, struct, entry), so real programs soon reach protobuf's
    /// own limit of 100.
    /// </summary>
    public const int MaxNesting = 600;
}
