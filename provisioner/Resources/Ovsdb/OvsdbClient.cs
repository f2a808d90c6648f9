using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Ovsdb;

/// <summary>
/// Transactions on the configuration of the host's Open vSwitch, over its unix socket (RFC 7047). Rows come back as the server sends them;
/// <see cref="OvsdbValue"/> reads and writes values. Tables: ovs-vswitchd.conf.db(5).
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="socket">Path of the server's socket.</param>
/// <param name="limit">How long a transaction may take.</param>
public sealed class OvsdbClient(IHostFiles files, string socket = OvsdbClient.Socket, TimeSpan? limit = null)
{
    private const string Socket = "/run/openvswitch/db.sock";
    private const string Server = "/usr/sbin/ovsdb-server";
    private const string Database = "Open_vSwitch";
    private const int Id = 1;

    private readonly TimeSpan _limit = limit ?? TimeSpan.FromSeconds(10);

    /// <summary>False when Open vSwitch is not installed: then it has no configuration.</summary>
    public bool IsInstalled => files.Stat(Server) is not null;

    /// <summary>Runs operations as one transaction: all of them, or none.</summary>
    /// <returns>The result of each operation.</returns>
    /// <exception cref="CloudletException">
    /// Unreachable: the server does not answer; PermissionDenied: only root may ask it; Timeout; ProcessFailed: it refused an operation;
    /// Unexpected: it sent something that is not a result.
    /// </exception>
    public async Task<IReadOnlyList<JsonElement>> TransactAsync(IReadOnlyList<JsonObject> operations, CancellationToken ct)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(_limit);
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), time.Token);
            await using var stream = new NetworkStream(connection);
            var messages = new OvsdbStream(stream);
            await messages.SendAsync(
                new JsonObject
                {
                    ["method"] = "transact",
                    ["params"] = new JsonArray([Database, .. operations]),
                    ["id"] = Id,
                },
                time.Token
            );
            return ResultsIn(await AnswerAsync(messages, time.Token), operations.Count);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"Open vSwitch's database did not answer on {socket} within {_limit.TotalSeconds:0.#} s; "
                    + "see `systemctl status ovsdb-server`"
            );
        }
        catch (SocketException e)
        {
            throw new CloudletException(
                e.SocketErrorCode == SocketError.AccessDenied ? ErrorKind.PermissionDenied : ErrorKind.Unreachable,
                $"Open vSwitch's database does not answer on {socket} ({e.Message}); see `systemctl status ovsdb-server`",
                e
            );
        }
        catch (IOException e)
        {
            throw new CloudletException(
                ErrorKind.Unreachable,
                $"Open vSwitch's database closed the connection on {socket} ({e.Message}); see `systemctl status ovsdb-server`",
                e
            );
        }
    }

    // The server may ask whether we are still there before it answers.
    private static async Task<JsonElement> AnswerAsync(OvsdbStream messages, CancellationToken ct)
    {
        const int Most = 16;
        for (var received = 0; received < Most; received++)
        {
            var message = await messages.ReceiveAsync(ct);
            if (message.ValueKind != JsonValueKind.Object)
                throw Broken("a message that is not an object");
            if (message.TryGetProperty("method", out var method) && method.ValueEquals("echo"))
                await messages.SendAsync(
                    new JsonObject
                    {
                        ["result"] = Copy(message, "params"),
                        ["error"] = null,
                        ["id"] = Copy(message, "id"),
                    },
                    ct
                );
            else if (message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number))
                return number == Id ? message : throw Broken("the answer to another request");
        }

        throw Broken($"{Most} messages and no answer");
    }

    private static JsonNode? Copy(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;

    // A refused operation has an error in its place, and one that only the end of the transaction shows has one more at the end.
    private static JsonElement[] ResultsIn(JsonElement answer, int operations)
    {
        if (!answer.TryGetProperty("result", out var result) || result.ValueKind != JsonValueKind.Array)
            throw answer.TryGetProperty("error", out var error) ? Refused(error) : Broken("an answer without a result");
        JsonElement[] results = [.. result.EnumerateArray()];
        foreach (var one in results)
            if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("error", out _))
                throw Refused(one);
        return results.Length == operations ? results : throw Broken($"{results.Length} results for {operations} operations");
    }

    private static CloudletException Refused(JsonElement error) =>
        new(ErrorKind.ProcessFailed, $"Open vSwitch's database refused a change: {Text(error)}");

    private static string Text(JsonElement error)
    {
        const int Longest = 500;
        var text =
            error.ValueKind == JsonValueKind.Object && error.TryGetProperty("details", out var details)
                ? $"{error.GetProperty("error")}: {details}"
                : error.ToString();
        return text.Length <= Longest ? text : $"{text[..Longest]}…";
    }

    internal static CloudletException Broken(string what) =>
        new(ErrorKind.Unexpected, $"Open vSwitch's database does not speak the protocol of RFC 7047: it sent {what}");
}
