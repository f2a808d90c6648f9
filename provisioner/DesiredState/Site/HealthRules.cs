using System.Net;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>Rules for the health daemon's settings.</summary>
internal static class HealthRules
{
    public static void Check(HostSection host, HostReport report)
    {
        if (host.Health is not { } health)
            return;
        Range(health.FullLook, 10, 86_400, "fullLook");
        Range(health.Burst, 1, 10_000, "burst");
        Range(health.PerMinute, 1, 6_000, "perMinute");
        Range(health.GiveUpAfter, 1, 1_000, "giveUpAfter");
        if (health.Metrics is { } metrics && !(IPEndPoint.TryParse(metrics, out var at) && at.Port is > 0))
            report.Value(
                $"\"{metrics}\" is not a valid address with port; write one of this host, such as 127.0.0.1:9810 or [::1]:9810",
                "health",
                "metrics"
            );
        if (health.Otlp is { } otlp && !(Uri.TryCreate(otlp, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            report.Value($"\"{otlp}\" is not a valid http or https address", "health", "otlp");
        if (health.OnAlarm is [var program, ..] && Names.PathError(program) is { } error)
            report.Value(error, "health", "onAlarm", "0");
        if (health.OnAlarm is [])
            report.Value("name a program, or remove this key", "health", "onAlarm");
        if (health.Webhook is { } secret && host.Secrets?.ContainsKey(secret) != true)
            report.Value(
                $"the secret \"{secret}\" is not declared; name it under `secrets` with the file that holds the "
                    + $"address{Spelling.Hint(secret, [.. host.Secrets?.Keys ?? []])}",
                "health",
                "webhook"
            );

        void Range(int? value, int least, int most, string key)
        {
            if (value is { } number && (number < least || number > most))
                report.Value($"{number} is out of range: {key} is {least} to {most}", "health", key);
        }
    }
}
