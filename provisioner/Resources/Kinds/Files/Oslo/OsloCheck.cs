using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units.Configuration;

namespace Cloudlet.Resources.Kinds.Files.Oslo;

/// <summary>The result of a check.</summary>
/// <param name="Problems">Why the content must not be installed; empty: it may.</param>
/// <param name="Note">Why it could not be compared with a release, or null.</param>
internal sealed record OsloVerdict(IReadOnlyList<string> Problems, string? Note);

/// <summary>
/// Checks configuration of OpenStack services before it is installed: lines that oslo.config silently misreads, and options or values
/// that the installed release does not know. The release is asked for its options (oslo-config-generator); the content, which may hold
/// secrets, is not passed to any process. oslo-config-validator would need the content, and does not check values.
/// </summary>
/// <param name="processes">Runs the generator.</param>
/// <param name="clock">Limits how long an answer is used: packages may change between two runs.</param>
public sealed class OsloCheck(IProcesses processes, TimeProvider clock)
{
    /// <summary>Libraries with options for every service; the generator ignores those that are not installed.</summary>
    private static readonly string[] Libraries =
    [
        "keystonemiddleware.audit",
        "keystonemiddleware.auth_token",
        "oslo.cache",
        "oslo.concurrency",
        "oslo.db",
        "oslo.db.concurrency",
        "oslo.limit",
        "oslo.log",
        "oslo.messaging",
        "oslo.middleware",
        "oslo.middleware.cors",
        "oslo.middleware.healthcheck",
        "oslo.middleware.http_proxy_to_wsgi",
        "oslo.middleware.sizelimit",
        "oslo.policy",
        "oslo.privsep",
        "oslo.reports",
        "oslo.service.periodic_task",
        "oslo.service.service",
        "oslo.service.sslutils",
        "oslo.service.wsgi",
        "oslo.versionedobjects",
        "osprofiler",
    ];

    /// <summary>
    /// Namespaces whose options belong into the same file as those of a namespace: of libraries that the service loads, and of accounts
    /// that it uses. Sources: the services' own etc/oslo-config-generator and setup.cfg.
    /// </summary>
    private static readonly Dictionary<string, string[]> Companions = new(StringComparer.Ordinal)
    {
        ["glance.api"] = ["glance.multi_store", "glance.store"],
        ["glance.cache"] = ["glance.multi_store", "glance.store"],
        ["nova.conf"] = ["os_vif"],
        ["neutron"] =
        [
            "ironic.auth",
            "neutron.agent",
            "neutron.base.agent",
            "neutron.db",
            "neutron.experimental",
            "neutron.extensions",
            "nova.auth",
            "placement.auth",
        ],
        ["neutron.ml2"] = ["neutron.ml2.ovn"],
        ["neutron.ovn.metadata.agent"] = ["neutron.ml2.ovn", "neutron.base.agent"],
    };

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Time, Task<(ReleaseOptions? Release, string? Note)> Said)> _answers = new(
        StringComparer.Ordinal
    );

    /// <summary>Contents that passed: the apply does not repeat the check of its preflight.</summary>
    private readonly ConcurrentDictionary<string, bool> _good = new(StringComparer.Ordinal);

    /// <summary>Checks a content.</summary>
    /// <param name="path">The path where it will be installed.</param>
    /// <param name="content">The content, secrets filled in.</param>
    /// <param name="name">Namespace of its options.</param>
    /// <param name="ct">Cancels the check.</param>
    internal async Task<OsloVerdict> CheckAsync(string path, byte[] content, string name, CancellationToken ct)
    {
        if (ConfigurationText.Read(content) is not { } text)
            return new OsloVerdict([$"{path}: it is not UTF-8 text, or contains NUL bytes"], null);
        if (ConfigurationLint.Lines(path, text).ToList() is { Count: > 0 } odd)
            return new OsloVerdict(odd, null);
        var key = $"{name} {Convert.ToHexStringLower(SHA256.HashData(content))}";
        if (_good.ContainsKey(key))
            return new OsloVerdict([], null);
        var (release, note) = await AskAsync(name, ct);
        if (release is null)
            return new OsloVerdict([], note);
        string[] problems = [.. new OptionCheck(text, release).Problems()];
        if (problems.Length == 0)
            _good[key] = true;
        return new OsloVerdict(problems, null);
    }

    /// <summary>
    /// Files that are installed at the same time share one answer. A failed request is not cached: the same run may install the
    /// service.
    /// </summary>
    private Task<(ReleaseOptions? Release, string? Note)> AskAsync(string name, CancellationToken ct)
    {
        lock (_answers)
        {
            if (
                _answers.TryGetValue(name, out var answer)
                && clock.GetElapsedTime(answer.Time) < GoodFor
                && (!answer.Said.IsCompleted || (answer.Said.IsCompletedSuccessfully && answer.Said.Result.Release is not null))
            )
                return answer.Said;
            var said = GenerateAsync(name, ct);
            _answers[name] = (clock.GetTimestamp(), said);
            return said;
        }
    }

    private async Task<(ReleaseOptions? Release, string? Note)> GenerateAsync(string name, CancellationToken ct)
    {
        try
        {
            string[] names = [name, .. Libraries, .. Companions.GetValueOrDefault(name, [])];
            var said = await processes.RunAsync(
                HelperPrograms.OsloConfigGenerator,
                ["--format", "json", .. names.SelectMany(n => (string[])["--namespace", n])],
                Longest,
                ct
            );
            if (said.ExitCode != 0)
                return (
                    null,
                    $"{HelperPrograms.OsloConfigGenerator.Name} failed ({said.ExitCode}); run it by hand with --namespace {name} to see why"
                );
            return ReleaseOptions.Read(said.Output, name) is { } release
                ? (release, null)
                : (null, $"no installed package has options of {name}");
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Timeout or ErrorKind.Unsupported)
        {
            return (null, e.Message);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, $"the answer of {HelperPrograms.OsloConfigGenerator.Name} could not be parsed ({e.Message})");
        }
    }
}
