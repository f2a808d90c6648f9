using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.Service.Access;

/// <summary>One line of the audit log: who did what, when, from where, and how it ended.</summary>
/// <param name="Time">When.</param>
/// <param name="Account">Who; null when not recognized.</param>
/// <param name="Project">His project.</param>
/// <param name="Way">How he was recognized.</param>
/// <param name="From">The peer's address, or socket.</param>
/// <param name="What">Method and path of a request, or <c>operation KIND TARGET</c>.</param>
/// <param name="Result">HTTP status, or how the operation ended.</param>
/// <param name="Operation">Id of the operation.</param>
public sealed record AuditEntry(
    DateTimeOffset Time,
    string? Account,
    string? Project,
    string? Way,
    string From,
    string What,
    string Result,
    string? Operation
);

/// <summary>Appends to <c>audit.jsonl</c>: every change, every refused request, and the end of every operation.</summary>
/// <param name="folder">Folder of the file.</param>
/// <param name="clock">Dates the entries.</param>
public sealed class AuditLog(string folder, TimeProvider clock) : IDisposable
{
    private const int LongestText = 500;

    private readonly Lock _gate = new();
    private FileStream? _file;

    /// <summary>Appends an entry. IOException when the disk is full: a change that can't be recorded is not accepted.</summary>
    public void Write(Caller? caller, string from, string what, string result, string? operation = null)
    {
        var entry = new AuditEntry(
            clock.GetUtcNow(),
            caller?.Account,
            caller?.Project,
            caller?.Way,
            from,
            what.Length > LongestText ? what[..LongestText] : what,
            result,
            operation
        );
        var line = JsonSerializer.SerializeToUtf8Bytes(entry, AuditJson.Default.AuditEntry);
        lock (_gate)
        {
            _file ??= Open();
            _file.Write([.. line, (byte)'\n']);
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private FileStream Open()
    {
        Directory.CreateDirectory(folder);
        return new FileStream(
            Path.Combine(folder, "audit.jsonl"),
            new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
