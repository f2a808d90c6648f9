using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Resources.Sql;

/// <summary>
/// Runs statements as root on the host's MariaDB, through its own client and the unix socket, which needs no password. Statements go to
/// standard input: arguments are visible to every user of the host.
/// </summary>
/// <param name="processes">Runs the client.</param>
/// <param name="files">The host's files.</param>
public sealed partial class SqlClient(IProcesses processes, IHostFiles files)
{
    private const string Server = "/usr/sbin/mariadbd";
    private const string Socket = "/run/mysqld/mysqld.sock";

    /// <summary>
    /// Configuration files are not read: they may name another server or user. In binary mode the client has no commands of its own, so
    /// that no text can run one.
    /// </summary>
    private static readonly string[] Arguments =
    [
        "--no-defaults",
        "--protocol=socket",
        $"--socket={Socket}",
        "--user=root",
        "--default-character-set=utf8mb4",
        "--connect-timeout=10",
        "--batch",
        "--raw",
        "--binary-mode",
        "--skip-column-names",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>False when the server is not installed: then it has no databases and no accounts.</summary>
    public bool IsInstalled => files.Stat(Server) is not null;

    /// <summary>Runs statements in order and returns the lines of their results. The first error ends it.</summary>
    /// <exception cref="CloudletException">
    /// Unreachable: the server does not answer; PermissionDenied: root may not use the socket; Busy: too many connections, or a lock;
    /// NoSpace, ReadOnly; ProcessFailed: any other error of the server; NotFound: its client is not installed.
    /// </exception>
    public async Task<IReadOnlyList<string>> RunAsync(IEnumerable<string> statements, CancellationToken ct)
    {
        var text = string.Concat(statements.Select(static s => $"{s};\n"));
        if (text.Length == 0)
            return [];
        var result = await processes.RunAsync(HelperPrograms.Mariadb, Arguments, Limit, ct, input: text);
        return result.ExitCode == 0 ? result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw ErrorOf(result.Error);
    }

    /// <summary>As <see cref="RunAsync"/>, for queries with one JSON object a row.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(IEnumerable<string> queries, CancellationToken ct)
    {
        try
        {
            return [.. (await RunAsync(queries, ct)).Select(static line => JsonElement.Parse(line))];
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"MariaDB answered with a row that is not JSON: {e.Message}", e);
        }
    }

    private static CloudletException ErrorOf(string error)
    {
        var found = ErrorLine().Match(error);
        var code = found.Success ? int.Parse(found.Groups["code"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        // Before TLS is agreed on, the client reports the server's own error inside one of its own.
        if (code == 2002 && error.Contains(": 1040 - ", StringComparison.Ordinal))
            code = 1040;
        var message = PasswordHash().Replace((found.Success ? found.Groups["message"].Value : error).Trim(), "*…");
        return code switch
        {
            2002 or 2003 or 2006 or 2013 or 1053 => new CloudletException(
                ErrorKind.Unreachable,
                $"MariaDB does not answer ({message}); see `systemctl status mariadb`"
            ),
            1044 or 1045 or 1142 or 1227 or 1698 => new CloudletException(
                ErrorKind.PermissionDenied,
                $"MariaDB refused root on {Socket} ({message}); restore its login: ALTER USER root@localhost IDENTIFIED VIA unix_socket"
            ),
            1040 or 1205 or 1213 => new CloudletException(ErrorKind.Busy, $"MariaDB is busy: {message}"),
            1021 or 1114 => new CloudletException(ErrorKind.NoSpace, $"MariaDB has no space on its disk: {message}"),
            1036 or 1290 or 1836 => new CloudletException(ErrorKind.ReadOnly, $"MariaDB is read-only: {message}"),
            _ => new CloudletException(ErrorKind.ProcessFailed, $"MariaDB refused a statement: {message}"),
        };
    }

    [GeneratedRegex(
        @"^ERROR (?<code>\d{4}) \(\w{5}\)(?: at line \d+)?: (?<message>.*)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex ErrorLine();

    /// <summary>The server repeats the part of a statement that it did not understand.</summary>
    [GeneratedRegex(@"\*[0-9A-Fa-f]{8,40}", RegexOptions.None, 1000)]
    private static partial Regex PasswordHash();
}
