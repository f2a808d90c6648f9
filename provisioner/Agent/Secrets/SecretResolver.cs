using System.Text.Json;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.Agent.Secrets;

/// <summary>The values of a host's secrets that the operator's machine has.</summary>
/// <param name="Values">Those that can be had.</param>
/// <param name="Problems">Why the others can't be had, each with its place in the site file.</param>
public sealed record ResolvedSecrets(SecretValues Values, IReadOnlyList<Problem> Problems)
{
    /// <summary>Secrets whose values another host has: the name on this host, and the secret there.</summary>
    public IReadOnlyList<KeyValuePair<string, HostSecret>> Elsewhere { get; init; } = [];
}

/// <summary>
/// Takes the values of secrets from files, the environment and programs of this machine, the operator's. A source that several hosts or
/// secrets have is asked once. A secret that comes from another host is taken here, too, if that one's value is.
/// </summary>
/// <param name="environment">Reads a variable; null: it is not set.</param>
/// <param name="site">All hosts of the site.</param>
/// <param name="limit">How long a program may run; a person may have to type the passphrase of a key.</param>
public sealed class SecretResolver(Func<string, string?> environment, IReadOnlyList<SiteHost> site, TimeSpan? limit = null)
{
    private readonly SecretOrigins _origins = new(site);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _limit = limit ?? TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, SecretAnswer> _answers = new(StringComparer.Ordinal);

    /// <summary>Resolves the secrets of a host. Programs run one after the other: they may ask for a passphrase.</summary>
    /// <param name="host">The host.</param>
    /// <param name="ct">Stops a program.</param>
    public async Task<ResolvedSecrets> ResolveAsync(SiteHost host, CancellationToken ct)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var problems = new List<Problem>();
        var elsewhere = new List<KeyValuePair<string, HostSecret>>();
        foreach (var (name, secret) in host.Section.Secrets ?? new Dictionary<string, SecretSection>())
        {
            if (secret.Source is not { Generate: null })
                continue;
            var origin = _origins.OriginOf(new HostSecret(host.Name, name)) ?? default;
            if (_origins.Find(origin) is not { Source: { Generate: null } source })
            {
                elsewhere.Add(new(name, origin));
                continue;
            }

            var owner = origin.Host == host.Name ? host : site.First(h => h.Name == origin.Host);
            var (key, answer) = await AnswerAsync(owner, origin.Name, source, ct);
            if (answer.Value is { } value)
                values.Add(name, value);
            else
                problems.Add(owner.ProblemAt(answer.Problem ?? "", HostSecrets.Key, origin.Name, key));
        }

        return new ResolvedSecrets(new SecretValues(values), problems) { Elsewhere = elsewhere };
    }

    private async Task<(string Key, SecretAnswer Answer)> AnswerAsync(SiteHost host, string name, SecretSource source, CancellationToken ct)
    {
        switch (source)
        {
            case { Env: { } variable }:
                return ("env", OfVariable(variable));
            case { File: { } file }:
                var path = host.PathBeside(file, HostSecrets.Key, name, "file");
                return ("file", await OnceAsync($"file {path}", () => OfFileAsync(path, ct)));
            case { Command: { Count: > 0 } command }:
                var folder = Path.GetFullPath(host.PathBeside(".", HostSecrets.Key, name, "command"));
                var words = JsonSerializer.Serialize([folder, .. command], SecretCommandJson.Default.StringArray);
                return ("command", await OnceAsync($"command {words}", () => SecretProgram.RunAsync(command, folder, _limit, ct)));
            default:
                return ("", SecretAnswer.Missing("it has no source of a value"));
        }
    }

    private async Task<SecretAnswer> OnceAsync(string source, Func<Task<SecretAnswer>> ask) =>
        _answers.TryGetValue(source, out var known) ? known : _answers[source] = await ask();

    private SecretAnswer OfVariable(string name) =>
        environment(name) is not { } value ? SecretAnswer.Missing($"the variable {name} is not set in the environment of this command")
        : SecretText.ProblemIn(value) is { } problem ? SecretAnswer.Missing($"the variable {name}: {problem}")
        : new SecretAnswer(value, null);

    /// <summary>Reads a file. The open of a pipe waits for a writer, so the read has a time limit.</summary>
    private static async Task<SecretAnswer> OfFileAsync(string path, CancellationToken ct)
    {
        try
        {
            return await Task.Run(() => Read(path), ct).WaitAsync(ReadLimit, ct);
        }
        catch (TimeoutException)
        {
            return SecretAnswer.Missing($"the file {path} could not be read within {ReadLimit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return SecretAnswer.Missing($"the file {path} does not exist; its path is relative to the site file that names it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return SecretAnswer.Missing($"the file {path} cannot be read: {e.Message}");
        }
    }

    private static SecretAnswer Read(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[SecretText.LongestValue + 3];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        var value = SecretText.Of(buffer.AsSpan(0, length), out var problem);
        return problem is null ? new SecretAnswer(value, null) : SecretAnswer.Missing($"the file {path}: {problem}");
    }
}
