using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Cloudlet.Wire.Grpc;

namespace Pulumi;

/// <summary>One run of a program by the engine.</summary>
public sealed partial class Deployment : IDisposable
{
    private static readonly AsyncLocal<Deployment?> CurrentRun = new();
    private readonly GrpcChannel _monitorChannel;
    private readonly GrpcChannel _engineChannel;

    private Deployment(Func<string, string?> environment)
    {
        _monitorChannel = new GrpcChannel(Text(environment, "PULUMI_MONITOR"));
        _engineChannel = new GrpcChannel(Text(environment, "PULUMI_ENGINE"));
        Project = Text(environment, "PULUMI_PROJECT");
        StackName = Text(environment, "PULUMI_STACK");
        IsDryRun = bool.TryParse(Text(environment, "PULUMI_DRY_RUN"), out var dryRun) ? dryRun : throw NoEngine("PULUMI_DRY_RUN");
        if (!bool.TryParse(Text(environment, "PULUMI_QUERY_MODE"), out _))
            throw NoEngine("PULUMI_QUERY_MODE");
        if (!int.TryParse(Text(environment, "PULUMI_PARALLEL"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            throw NoEngine("PULUMI_PARALLEL");
        Organization = environment("PULUMI_ORGANIZATION") is { Length: > 0 } organization ? organization : "organization";
        RootDirectory = environment("PULUMI_ROOT_DIRECTORY") ?? "";
        Configuration = ConfigurationIn(environment("PULUMI_CONFIG"));
        Engine = new EngineClient(_engineChannel);
        Monitor = new MonitorClient(_monitorChannel);
    }

    /// <summary>The run that the calling code belongs to.</summary>
    /// <exception cref="InvalidOperationException">There is none: it was called outside <see cref="RunAsync(Action)"/>.</exception>
    public static DeploymentInstance Instance => new(Required);

    internal static Deployment? Current => CurrentRun.Value;

    internal static Deployment Required =>
        Current
        ?? throw new InvalidOperationException(
            "no deployment is running: use resources, configuration and logs inside Deployment.RunAsync"
        );

    internal string Project { get; }

    internal string StackName { get; }

    internal string Organization { get; }

    internal string RootDirectory { get; }

    internal bool IsDryRun { get; }

    internal ImmutableDictionary<string, string> Configuration { get; }

    internal EngineClient Engine { get; }

    internal MonitorClient Monitor { get; }

    internal TaskTracker Tasks { get; } = new();

    internal Stack? Stack { get; set; }

    void IDisposable.Dispose()
    {
        _monitorChannel.Dispose();
        _engineChannel.Dispose();
    }

    private static string Text(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } value ? value : throw NoEngine(name);

    private static InvalidOperationException NoEngine(string name) =>
        new($"Program run without the Pulumi engine available; re-run using the `pulumi` CLI ({name} is not set as the engine sets it)");

    private static ImmutableDictionary<string, string> ConfigurationIn(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return ImmutableDictionary<string, string>.Empty;
        using var document = JsonDocument.Parse(json);
        return document
            .RootElement.EnumerateObject()
            .ToImmutableDictionary(
                static p => p.Name,
                static p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : p.Value.GetRawText()
            );
    }
}
