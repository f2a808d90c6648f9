namespace Cloudlet.Explain.Exhibits;

/// <summary>
/// Removes secrets from what was collected. Each becomes <c>***</c>: neither length nor digest is kept, since a weak password can be
/// guessed from either. Values of secret options are learnt from configuration, so that the same password is found in any other text:
/// call <see cref="Learn"/> with all configuration before the first text is cleaned. When in doubt, it removes too much.
/// </summary>
public sealed class Redaction
{
    /// <summary>Replacement for a secret.</summary>
    public const string Mark = "***";

    /// <summary>
    /// Shorter passwords are removed from their options only: as part of other words they would make every text unreadable.
    /// </summary>
    private const int ShortestLearnt = 6;

    private const int MostLearnt = 1024;

    /// <summary>Passwords of test hosts that are also ordinary words in logs.</summary>
    private static readonly HashSet<string> Words = new(
        [
            "compute",
            "controller",
            "default",
            "glance",
            "keystone",
            "libvirt",
            "localhost",
            "neutron",
            "nova-api",
            "nova-compute",
            "openstack",
            "password",
            "placement",
            "rabbit",
            "rabbitmq",
            "secret",
            "service",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    private readonly HashSet<string> _learnt = new(StringComparer.Ordinal);
    private string[]? _longestFirst;

    /// <summary>Remembers the secrets of a configuration file.</summary>
    /// <param name="configuration">The file, as it is on disk.</param>
    public void Learn(string configuration)
    {
        foreach (var secret in SecretConfiguration.SecretsOf(configuration))
        {
            Remember(secret);
            Remember(secret.Trim('"', '\''));
            Remember(Uri.UnescapeDataString(secret));
            Remember(Uri.EscapeDataString(secret));
        }
    }

    /// <summary>The text of an exhibit without secrets, by its format.</summary>
    /// <param name="id">Id of the exhibit.</param>
    /// <param name="text">What came back.</param>
    public string Of(string id, string text) =>
        id.Split(':', 2)[0] switch
        {
            "config" => Configuration(text),
            "api" or "placement" or "agents" or "links" => Json(text),
            _ => Text(text),
        };

    /// <summary>A configuration file without secrets; the lines keep their numbers.</summary>
    public string Configuration(string text)
    {
        Learn(text);
        return SecretConfiguration.Clean(Known(text));
    }

    /// <summary>JSON without secrets, still valid JSON; text that is not JSON is cleaned as text.</summary>
    public string Json(string text) => SecretJson.Clean(text, Text) ?? Text(text);

    /// <summary>Any other text without secrets.</summary>
    public string Text(string text) => SecretText.Clean(Known(text));

    private void Remember(string secret)
    {
        var plain = secret.Trim();
        if (plain.Length < ShortestLearnt || _learnt.Count >= MostLearnt || Words.Contains(plain))
            return;
        if (_learnt.Add(plain))
            _longestFirst = null;
    }

    private string Known(string text)
    {
        _longestFirst ??= [.. _learnt.OrderByDescending(s => s.Length)];
        foreach (var secret in _longestFirst)
            text = text.Replace(secret, Mark, StringComparison.Ordinal);
        return text;
    }
}
