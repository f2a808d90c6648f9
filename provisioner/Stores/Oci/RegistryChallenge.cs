using System.Text.RegularExpressions;

namespace Cloudlet.Stores.Oci;

/// <summary>What a registry asks for: a token of a service, or name and password.</summary>
/// <param name="Realm">URL of the service of tokens; null: Basic.</param>
/// <param name="Service">Name of the registry there.</param>
/// <param name="Scope">What the token is for.</param>
internal sealed partial record RegistryChallenge(Uri? Realm, string? Service, string? Scope)
{
    /// <summary>Reads the headers WWW-Authenticate of an answer; null: none that we know.</summary>
    public static RegistryChallenge? Find(HttpResponseMessage answer)
    {
        foreach (var header in answer.Headers.WwwAuthenticate)
        {
            if (header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
                return new RegistryChallenge(null, null, null);
            if (!header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                continue;
            var values = Pair()
                .Matches(header.Parameter ?? "")
                .GroupBy(static m => m.Groups["name"].Value)
                .ToDictionary(static g => g.Key, static g => g.First().Groups["value"].Value);
            if (Uri.TryCreate(values.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) && realm.Scheme is "http" or "https")
                return new RegistryChallenge(realm, values.GetValueOrDefault("service"), values.GetValueOrDefault("scope"));
        }

        return null;
    }

    /// <summary>URL of the token.</summary>
    public Uri TokenUrl()
    {
        var query = new List<string>();
        if (Service is not null)
            query.Add($"service={Uri.EscapeDataString(Service)}");
        query.AddRange(
            (Scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static s => $"scope={Uri.EscapeDataString(s)}")
        );
        return new UriBuilder(Realm!) { Query = string.Join('&', query) }.Uri;
    }

    [GeneratedRegex("""(?<name>[a-z]+)="(?<value>[^"]*)"(,|$|\s)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pair();
}
