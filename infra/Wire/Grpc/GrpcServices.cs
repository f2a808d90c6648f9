using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>The methods that a server has, each with what answers it.</summary>
public sealed class GrpcServices
{
    private readonly Dictionary<string, Handler> handlers = new(StringComparer.Ordinal);

    internal delegate Task<IMessage> Handler(Stream body, int maxMessage, CancellationToken ct);

    /// <summary>Answers <paramref name="method"/> with <paramref name="handler"/>, which may run any number of times at once.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handler">Its token is cancelled when the caller gives up, its deadline is over, or the server is stopped. It throws a <see cref="GrpcException"/> to fail with that status.</param>
    /// <returns>This object.</returns>
    public GrpcServices Add<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        handlers.Add(method.Path, async (body, maxMessage, ct) =>
        {
            var request = await Framing.ReadAsync(body, method.Requests, maxMessage, ct)
                ?? throw new GrpcException(GrpcCode.Internal, $"{method} was called without a message");
            return await handler(request, ct);
        });
        return this;
    }

    internal Handler? Find(string path) => handlers.GetValueOrDefault(path);
}
