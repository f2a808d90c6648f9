using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Conditions;

/// <summary>Rules for conditions.</summary>
internal sealed class ConditionRules(HostReport report)
{
    /// <summary>Smallest HTTP status that can be expected: 1xx are not final answers.</summary>
    public const int SmallestStatus = 200;

    /// <summary>Largest HTTP status.</summary>
    public const int LargestStatus = 599;

    private const string Section = HostConditions.Key;
    private const int LongestUrl = 2000;

    public static void Check(HostSection host, HostReport report)
    {
        var rules = new ConditionRules(report);
        var after = new AfterRules(host, report);
        foreach (var (name, condition) in host.Conditions ?? new Dictionary<string, ConditionSection>(StringComparer.Ordinal))
        {
            if (name.Length is 0 or > 63 || !Names.HasOnly(name, "-_."))
                report.Key($"\"{name}\" is not a valid name of a condition: 1-63 letters, digits, '-', '_' and '.'", Section, name);
            rules.Target(name, condition);
            rules.KeysOfHttp(name, condition);
            rules.Seconds(name, condition);
            rules.Restart(name, condition);
            after.Check(ConditionSpec.IdOf(name), condition.After, Section, name);
        }
    }

    private void Target(string name, ConditionSection condition)
    {
        string[] given =
        [
            .. new[] { ("http", condition.Http), ("tcp", condition.Tcp), ("hostname", condition.Hostname) }
                .Where(static k => k.Item2 is not null)
                .Select(static k => k.Item1),
        ];
        if (given.Length == 0)
            report.Missing("a condition needs one of `http`, `tcp` and `hostname`", Section, name);
        foreach (var further in given.Skip(1))
            report.Key(
                $"a condition has one of `http`, `tcp` and `hostname`, and this one already has `{given[0]}`",
                Section,
                name,
                further
            );
        if (condition.Http is { } url && UrlError(url) is { } error)
            report.Value(error, Section, name, "http");
        if (condition.Tcp is { } port && TcpTarget.Parse(port) is null)
            report.Value(
                $"\"{port}\" is not a port of a host; write name:port, 192.0.2.1:port or [2001:db8::1]:port, with a port from 1 to 65535",
                Section,
                name,
                "tcp"
            );
        if (condition.Hostname is { } hostname && hostname.Split('.').Select(Names.HostError).OfType<string>().FirstOrDefault() is { } bad)
            report.Value(bad, Section, name, "hostname");
    }

    /// <summary>The problem with a URL of a service, or null.</summary>
    internal static string? UrlError(string text)
    {
        if (
            text.Length > LongestUrl
            || !text.All(static c => c is > ' ' and < '\x7f')
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.Host.Length == 0
            || url.Port == 0
        )
            return "expected a URL like http://192.0.2.1:5000/v3 or https://cloud.example/, without spaces, at most "
                + $"{LongestUrl} characters";
        // The text is not repeated: it may have a password.
        if (url.UserInfo.Length > 0)
            return "a URL in a description must not have a user or password: anyone who reads the description would see it";
        return url.Fragment.Length > 0 ? $"\"{url.Fragment}\" is never sent to a server; remove it" : null;
    }

    private void KeysOfHttp(string name, ConditionSection condition)
    {
        if (condition.Expect is { } status)
        {
            if (condition.Http is null)
                report.Key("`expect` is only valid with `http`", Section, name, "expect");
            if (status is < SmallestStatus or > LargestStatus)
                report.Value($"{status} is out of range: an HTTP status is {SmallestStatus} to {LargestStatus}", Section, name, "expect");
        }

        if (condition.CaFile is not { } file)
            return;
        if (condition.Http?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) != true)
            report.Key("`caFile` is only valid with `http` and a URL that begins with https://", Section, name, "caFile");
        if (Names.PathError(file) is { } error)
            report.Value(error, Section, name, "caFile");
    }

    private void Seconds(string name, ConditionSection condition)
    {
        Range("timeout", condition.Timeout, 1);
        Range("restartAfter", condition.RestartAfter, ConditionSpec.ShortestRestartAfter);

        void Range(string key, int? value, int least)
        {
            if (value is { } seconds && (seconds < least || seconds > ConditionSpec.LongestTimeout))
                report.Value($"{seconds} is out of range: {key} is {least} to {ConditionSpec.LongestTimeout} seconds", Section, name, key);
        }
    }

    private void Restart(string name, ConditionSection condition)
    {
        if (condition.RestartUnit is not { } unit)
        {
            if (condition.RestartAfter is not null)
                report.Key("`restartAfter` needs `restartUnit`: the service to restart", Section, name, "restartAfter");
            return;
        }

        if (condition.Hostname is not null)
            report.Key(
                "`restartUnit` is only valid with `http` and `tcp`: no service answers with the host's name",
                Section,
                name,
                "restartUnit"
            );
        if (UnitRules.NameError(unit) is { } error)
            report.Value(error, Section, name, "restartUnit");
        else if (!unit.EndsWith(".service", StringComparison.Ordinal) || unit.Contains("@."))
            report.Value($"{unit} has no process that could answer; only services have one", Section, name, "restartUnit");
    }
}
