using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>The methods of a server, with their handlers.</summary>
public sealed class GrpcServices
{
    private readonly Dictionary<string, Handler> _handlers = new(StringComparer.Ordinal);

    internal delegate Task<IMessage> Handler(Stream body, int maxMessage, CancellationToken ct);

    /// <summary>Answers <paramref name="method"/> with <paramref name="handler"/>, which may run any number of times in parallel.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Its token is cancelled when the caller cancels, its deadline is over, or the server stops. It throws a
    /// <see cref="GrpcException"/> to fail with that status.</param>
    /// <returns>This object.</returns>
    public GrpcServices Add<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        Func<TRequest, CancellationToken, Task<TResponse>> handler
    )
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        _handlers.Add(
            method.Path,
            async (body, maxMessage, ct) =>
            {
                var request =
                    await Framing.ReadAsync(body, method.Requests, maxMessage, ct)
                    ?? throw new GrpcException(GrpcCode.Internal, $"{method} was called without a message");
                return await handler(request, ct);
            }
        );
        return this;
    }

    internal Handler? Find(string path) => _handlers.GetValueOrDefault(path);
}
