using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;

namespace Cloudlet.Wire.Tests;

public sealed class GrpcSpecs
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Calls_are_answered_also_in_parallel()
    {
        await using var server = await Serve(
            static (request, _) => Task.FromResult(new SupportsFeatureResponse { HasSupport = request.Id.Length > 2 })
        );
        using var channel = To(server);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 300)
                .Select(i => channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest { Id = $"{i}" }))
        );
        answers.Count(static a => a.HasSupport).ShouldBe(200);
    }

    [Fact]
    public async Task A_message_of_some_megabytes_passes()
    {
        await using var server = await Serve(
            static (request, _) => Task.FromResult(new SupportsFeatureResponse { HasSupport = request.Id.Length == 9_000_000 })
        );
        using var channel = To(server);
        (
            await channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest { Id = new string('x', 9_000_000) })
        ).HasSupport.ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_on_both_sides()
    {
        await using var server = await Serve(
            static (_, _) => Task.FromResult(new SupportsFeatureResponse()),
            new GrpcServerOptions { MaxMessage = 1000 }
        );
        using var generous = To(server);
        using var strict = new GrpcChannel($"127.0.0.1:{server.Port}", maxMessage: 1000);
        var request = new SupportsFeatureRequest { Id = new string('x', 5000) };
        (await Failure(generous.CallAsync(MonitorMethods.SupportsFeature, request))).Code.ShouldBe(GrpcCode.ResourceExhausted);
        var own = await Failure(strict.CallAsync(MonitorMethods.SupportsFeature, request));
        own.Code.ShouldBe(GrpcCode.ResourceExhausted);
        own.Message.ShouldContain("5003 bytes");
        (await generous.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest())).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_answer_beyond_the_limit_is_refused_by_sender_and_receiver()
    {
        var services = new GrpcServices().Add(
            MonitorMethods.RegisterPackage,
            static (_, _) => Task.FromResult(new RegisterPackageResponse { Ref = new string('x', 5000) })
        );
        await using var small = await GrpcServer.StartAsync(services, new GrpcServerOptions { MaxMessage = 1000 });
        await using var large = await GrpcServer.StartAsync(services);
        using var first = To(small);
        using var second = new GrpcChannel($"127.0.0.1:{large.Port}", maxMessage: 1000);
        (await Failure(first.CallAsync(MonitorMethods.RegisterPackage, new RegisterPackageRequest()))).Code.ShouldBe(
            GrpcCode.ResourceExhausted
        );
        (await Failure(second.CallAsync(MonitorMethods.RegisterPackage, new RegisterPackageRequest()))).Code.ShouldBe(
            GrpcCode.ResourceExhausted
        );
    }

    [Fact]
    public async Task A_missing_method_is_unimplemented_also_for_a_plain_request()
    {
        await using var server = await Serve(static (_, _) => Task.FromResult(new SupportsFeatureResponse()));
        using var channel = To(server);
        var status = await Failure(channel.CallAsync(EngineMethods.Log, new LogRequest { Message = "x" }));
        status.Code.ShouldBe(GrpcCode.Unimplemented);
        status.Message.ShouldContain("/pulumirpc.Engine/Log");

        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        (await http.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/"))).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_status_arrives_with_its_text_and_details()
    {
        var details = new ErrorResourceInitFailed
        {
            Id = "edge-1",
            Properties = PropertyCodec.ToStruct(MapValue.Empty.With("a", new NumberValue(1))),
            Reasons = { "unit x is not running" },
        };
        await using var server = await Serve(
            (_, _) => throw new GrpcException(GrpcStatus.With(GrpcCode.Aborted, "Größe 100 %\nzweite Zeile", details))
        );
        using var channel = To(server);
        var status = await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest()));
        status.Code.ShouldBe(GrpcCode.Aborted);
        status.Message.ShouldBe("Größe 100 %\nzweite Zeile");
        status.Detail<ErrorResourceInitFailed>().ShouldBe(details);
        status.Detail<ErrorCause>().ShouldBeNull();
    }

    [Fact]
    public async Task The_state_of_a_large_resource_arrives_with_its_failure()
    {
        var details = new ErrorResourceInitFailed
        {
            Properties = PropertyCodec.ToStruct(MapValue.Empty.With("a", new TextValue(new string('x', 1_000_000)))),
        };
        await using var server = await Serve((_, _) => throw new GrpcException(GrpcStatus.With(GrpcCode.Aborted, "x", details)));
        using var channel = To(server);
        var status = await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest()));
        status.Detail<ErrorResourceInitFailed>().ShouldBe(details);
    }

    [Fact]
    public async Task A_long_text_does_not_lose_the_status()
    {
        await using var server = await Serve(
            static (_, _) => throw new GrpcException(GrpcCode.FailedPrecondition, new string('ü', 100_000))
        );
        using var channel = To(server);
        (await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest()))).Code.ShouldBe(
            GrpcCode.FailedPrecondition
        );
    }

    [Fact]
    public async Task An_exception_is_internal_unless_its_status_is_known()
    {
        var options = new GrpcServerOptions
        {
            StatusOf = static e => e is TimeoutException ? new GrpcStatus(GrpcCode.Unavailable, "later") : null,
        };
        await using var server = await Serve(
            static (request, _) => throw (request.Id == "slow" ? new TimeoutException() : new InvalidOperationException("a defect")),
            options
        );
        using var channel = To(server);
        (await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest { Id = "slow" }))).ShouldBe(
            new GrpcStatus(GrpcCode.Unavailable, "later")
        );
        var status = await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest()));
        status.Code.ShouldBe(GrpcCode.Internal);
        status.Message.ShouldBe("InvalidOperationException: a defect");
    }

    [Fact]
    public async Task A_caller_that_gives_up_cancels_the_handler()
    {
        var (entered, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await Serve(
            async (_, ct) =>
            {
                using var registration = ct.Register(cancelled.SetResult);
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, ct);
                return new SupportsFeatureResponse();
            }
        );
        using var channel = To(server);
        using var giveUp = new CancellationTokenSource();
        var call = channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest(), ct: giveUp.Token);
        await entered.Task.WaitAsync(Soon);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        var (entered, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await Serve(
            async (_, ct) =>
            {
                using var registration = ct.Register(() => cancelled.TrySetResult());
                entered.TrySetResult();
                await Task.Delay(Timeout.Infinite, ct);
                return new SupportsFeatureResponse();
            }
        );
        using var channel = To(server);

        // On a busy machine a short deadline can pass before the handler has been entered at all.
        for (var deadline = TimeSpan.FromMilliseconds(200); !entered.Task.IsCompleted; deadline *= 2)
        {
            deadline.ShouldBeLessThan(Soon);
            var status = await Failure(channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest(), deadline));
            status.Code.ShouldBe(GrpcCode.DeadlineExceeded);
        }

        await cancelled.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_server_that_stops_cancels_its_calls()
    {
        var entered = new TaskCompletionSource();
        var server = await Serve(
            async (_, ct) =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, ct);
                return new SupportsFeatureResponse();
            }
        );
        using var channel = To(server);
        var call = channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest());
        await entered.Task.WaitAsync(Soon);
        await server.DisposeAsync();
        (await Failure(call)).Code.ShouldBeOneOf(GrpcCode.Cancelled, GrpcCode.Unavailable);
    }

    [Fact]
    public async Task A_missing_or_vanished_peer_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var channel = new GrpcChannel($"127.0.0.1:{port}");
        var call = channel.CallAsync(EngineMethods.Log, new LogRequest());
        (await listener.AcceptTcpClientAsync()).Close();
        (await Failure(call)).Code.ShouldBe(GrpcCode.Unavailable);
        listener.Stop();
        var clock = Stopwatch.StartNew();
        var status = await Failure(channel.CallAsync(EngineMethods.Log, new LogRequest()));
        status.Code.ShouldBe(GrpcCode.Unavailable);
        status.Message.ShouldContain($"127.0.0.1:{port}");
        clock.Elapsed.ShouldBeLessThan(Soon);
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:4000/path")]
    [InlineData("not an address")]
    public void An_invalid_address_is_refused(string address) =>
        Should.Throw<FormatException>(() => new GrpcChannel(address)).Message.ShouldContain("127.0.0.1:4000");

    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("4m", 4)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    [InlineData("", null)]
    [InlineData("m", null)]
    [InlineData("-1m", null)]
    [InlineData("123456789m", null)]
    [InlineData("1x", null)]
    public void Timeouts_are_read_in_every_unit(string text, int? milliseconds) =>
        (StatusText.ReadTimeout(text) is { } timeout ? (int?)timeout.TotalMilliseconds : null).ShouldBe(milliseconds);

    [Theory]
    [InlineData("7", null, "!!not base64", GrpcCode.PermissionDenied)]
    [InlineData("99", null, null, GrpcCode.Unknown)]
    [InlineData("x", "%zz", null, GrpcCode.Unknown)]
    public void Malformed_trailers_lose_only_their_own_part(string code, string? message, string? details, GrpcCode expected) =>
        StatusText.Read(code, message, details).Code.ShouldBe(expected);

    private static Task<GrpcServer> Serve(
        Func<SupportsFeatureRequest, CancellationToken, Task<SupportsFeatureResponse>> handler,
        GrpcServerOptions? options = null
    ) => GrpcServer.StartAsync(new GrpcServices().Add(MonitorMethods.SupportsFeature, handler), options);

    private static GrpcChannel To(GrpcServer server) => new($"127.0.0.1:{server.Port}");

    private static async Task<GrpcStatus> Failure<T>(Task<T> call) =>
        (await Should.ThrowAsync<GrpcException>(() => call.WaitAsync(Soon))).Status;
}
