using Cloudlet.Errors;
using Cloudlet.Explain.Situations;
using Cloudlet.OpenStack;

namespace Cloudlet.Collect;

/// <summary>An account of a service at Keystone, as its configuration has it.</summary>
/// <param name="Login">The account.</param>
/// <param name="Password">Its password.</param>
/// <param name="Where">Files and sections that name it.</param>
internal sealed record ServiceAccount(CloudLogin Login, string Password, IReadOnlyList<string> Where);

/// <summary>Logs in as each service does: only that shows whether Keystone and a file have the same password.</summary>
/// <param name="client">Sends the requests.</param>
internal sealed class AccountEvidence(HttpClient client)
{
    private readonly CloudHttp _http = new(client);

    /// <summary>The accounts of files: sections with <c>auth_url</c>, <c>username</c> and <c>password</c>.</summary>
    /// <param name="options">Options of all files.</param>
    public static IReadOnlyList<ServiceAccount> Find(IEnumerable<OsloOption> options)
    {
        List<ServiceAccount> found = [];
        foreach (var section in options.GroupBy(o => (o.Exhibit, Section: o.Name[..o.Name.LastIndexOf('.')])))
        {
            string? Value(string name) => section.LastOrDefault(o => o.Name.EndsWith($".{name}", StringComparison.Ordinal))?.Value;
            if (
                Value("username") is { Length: > 0 } user
                && Value("password") is { Length: > 0 } password
                && Uri.TryCreate(Value("auth_url"), UriKind.Absolute, out var url)
                && url.Scheme is "http" or "https"
            )
                found.Add(
                    new ServiceAccount(
                        new CloudLogin(url, user)
                        {
                            UserDomain = Value("user_domain_name") ?? CloudLogin.UsualDomain,
                            Project = Value("project_name"),
                            ProjectDomain = Value("project_domain_name") ?? CloudLogin.UsualDomain,
                        },
                        password,
                        [$"{section.Key.Exhibit}:{section.Key.Section}"]
                    )
                );
        }

        return [.. found.GroupBy(a => (a.Login, a.Password)).Select(g => g.First() with { Where = [.. g.SelectMany(a => a.Where)] })];
    }

    /// <summary>A line for each account, and a token for the first one that has one.</summary>
    public async Task<(string Lines, CloudToken? Token)> TryAllAsync(IReadOnlyList<ServiceAccount> accounts, CancellationToken ct)
    {
        List<string> lines = [];
        CloudToken? token = null;
        foreach (var account in accounts)
        {
            var result = "accepted";
            try
            {
                if (!await Keystone.IsPasswordAsync(_http, account.Login, account.Password, ct))
                    result = "denied";
                else if (account.Login.Project is not null)
                    token ??= await Keystone.LogInAsync(_http, account.Login, account.Password, ct);
            }
            catch (CloudletException e)
            {
                result = WordOf(e.Kind);
            }

            lines.Add($"{account.Login.User.Replace(' ', '_')} {result} {string.Join(", ", account.Where)}\n");
        }

        return (string.Concat(lines), token);
    }

    private static string WordOf(ErrorKind kind) =>
        kind switch
        {
            ErrorKind.PermissionDenied => "denied",
            ErrorKind.Unreachable => "unreachable",
            ErrorKind.Timeout => "timeout",
            _ => "failed",
        };
}
