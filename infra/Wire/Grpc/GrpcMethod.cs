using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>A unary method: one request message, one response message.</summary>
/// <param name="Service">Full name of the service, e.g. <c>pulumirpc.Engine</c>.</param>
/// <param name="Name">Its name in the service.</param>
/// <param name="Requests">Parses requests.</param>
/// <param name="Responses">Parses responses.</param>
/// <typeparam name="TRequest">Type of the request.</typeparam>
/// <typeparam name="TResponse">Type of the response.</typeparam>
public sealed record GrpcMethod<TRequest, TResponse>(
    string Service,
    string Name,
    MessageParser<TRequest> Requests,
    MessageParser<TResponse> Responses
)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>
{
    /// <summary>The path of its HTTP request.</summary>
    public string Path { get; } = $"/{Service}/{Name}";

    /// <inheritdoc/>
    public override string ToString() => $"{Service}.{Name}";
}
