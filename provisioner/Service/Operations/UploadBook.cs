using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Operations;

/// <summary>The record of an upload, beside its content.</summary>
/// <param name="Id">Its id, and its folder's name.</param>
/// <param name="Project">Its project.</param>
/// <param name="Bytes">Promised size.</param>
/// <param name="Sha256">Promised digest, or null.</param>
/// <param name="Created">When it was begun.</param>
internal sealed record UploadRecord(string Id, string Project, long Bytes, string? Sha256, DateTimeOffset Created);

/// <summary>
/// Files on their way in. A part is appended where the last one ended, so that an upload that broke off is resumed, after a restart of the
/// service too. Content that differs from the promised digest is discarded at the end.
/// </summary>
/// <param name="folder">Folder of the uploads.</param>
/// <param name="quota">Holds projects to their limits.</param>
/// <param name="clock">Dates them.</param>
public sealed class UploadBook(string folder, QuotaGuard quota, TimeProvider clock) : IDisposable
{
    private const string ContentFile = "content",
        RecordFile = "upload.json";
    private const int PartSize = 1 << 20;
    private const long Reserve = 64L << 20; // space that uploads leave to the rest of the host
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, Upload> _uploads = new();

    /// <summary>Finds the uploads of an earlier run, and removes old ones.</summary>
    public void Load()
    {
        Directory.CreateDirectory(folder);
        foreach (var each in Directory.EnumerateDirectories(folder))
        {
            if (Read(each) is not { } record || record.Created < clock.GetUtcNow() - Kept)
                Directory.Delete(each, recursive: true);
            else
                _uploads[record.Id] = new Upload(record, each, quota.Reserve(Owner(record), Amount(record.Bytes)));
        }
    }

    /// <summary>The uploads of a project, the oldest first.</summary>
    public IReadOnlyList<UploadView> List(string? scope) =>
        [.. _uploads.Values.Where(u => scope is null || u.Record.Project == scope).OrderBy(u => u.Record.Created).Select(u => u.View)];

    /// <summary>Begins an upload. QuotaExceededException; NoSpace when the disk has no room for it.</summary>
    public UploadView Create(Caller caller, CreateUploadRequest request)
    {
        Directory.CreateDirectory(folder);
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (request.Bytes > free - Reserve)
            throw new CloudletException(
                ErrorKind.NoSpace,
                $"the upload of {request.Bytes} bytes does not fit: {Math.Max(0, free - Reserve)} bytes are free. Remove what is not "
                    + "needed (bases, overlays, ended VMs), or ask the operator for more space"
            );
        var held = quota.Reserve(caller, Amount(request.Bytes));
        var record = new UploadRecord(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            caller.Project,
            request.Bytes,
            request.Sha256,
            clock.GetUtcNow()
        );
        try
        {
            var at = Directory.CreateDirectory(Path.Combine(folder, record.Id)).FullName;
            File.WriteAllBytes(Path.Combine(at, ContentFile), []);
            FileReplacement.Write(
                Path.Combine(at, RecordFile),
                JsonSerializer.SerializeToUtf8Bytes(record, UploadJson.Default.UploadRecord)
            );
            var upload = new Upload(record, at, held);
            _uploads[record.Id] = upload;
            return upload.View;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The state of an upload; NotFound when the project has none of that id.</summary>
    public UploadView Get(string id, string? scope) => Find(id, scope).View;

    /// <summary>Appends what a stream has. Obstructed, with the right place, when it does not begin where the last part ended.</summary>
    public async Task<UploadView> AppendAsync(string id, string? scope, long offset, Stream from, CancellationToken ct)
    {
        var upload = Find(id, scope);
        using (upload.Use())
        {
            if (offset != upload.Received)
                throw new CloudletException(
                    ErrorKind.Obstructed,
                    $"the part does not begin where the last one ended: expected Upload-Offset {upload.Received}, found {offset}"
                );
            await CopyAsync(upload, from, ct);
            if (upload.Received == upload.Record.Bytes && !upload.Verify())
            {
                Discard(upload);
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"the content does not have the digest that was promised ({upload.Record.Sha256}); it was discarded: send it again"
                );
            }

            return upload.View;
        }
    }

    /// <summary>Discards an upload. Busy while it is being written or used.</summary>
    public UploadView Remove(string id, string? scope)
    {
        var upload = Find(id, scope);
        using (upload.Use())
            Discard(upload);
        return upload.View;
    }

    /// <summary>
    /// Takes a complete upload for an operation, until the result is disposed; it is discarded then, so that its space is free again.
    /// Obstructed when it is not complete.
    /// </summary>
    public TakenUpload Take(string id, string? scope)
    {
        var upload = Find(id, scope);
        var use = upload.Use();
        if (upload.View.Complete)
            return new TakenUpload(
                upload.ContentPath,
                () =>
                {
                    Discard(upload);
                    use.Dispose();
                }
            );
        use.Dispose();
        throw new CloudletException(
            ErrorKind.Obstructed,
            $"upload {id} is not complete: {upload.Received} of {upload.Record.Bytes} bytes have arrived"
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var upload in _uploads.Values)
            upload.Dispose();
    }

    private static async Task CopyAsync(Upload upload, Stream from, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            await using var file = upload.OpenEnd();
            while (await from.ReadAtLeastAsync(buffer.AsMemory(0, PartSize), PartSize, throwOnEndOfStream: false, ct) is > 0 and var read)
            {
                if (upload.Received + read > upload.Record.Bytes)
                    throw new CloudletException(
                        ErrorKind.InvalidInput,
                        $"the file is longer than promised: expected {upload.Record.Bytes} bytes; what goes beyond was not kept"
                    );
                await file.WriteAsync(buffer.AsMemory(0, read), ct);
                upload.Add(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Upload Find(string id, string? scope) =>
        _uploads.TryGetValue(id, out var found) && (scope is null || found.Record.Project == scope)
            ? found
            : throw new CloudletException(ErrorKind.NotFound, $"no upload '{(id.Length > 40 ? id[..40] : id)}' is known here");

    private void Discard(Upload upload)
    {
        if (!_uploads.TryRemove(upload.Record.Id, out _))
            return;
        Directory.Delete(upload.Folder, recursive: true);
        upload.Dispose();
    }

    private static QuotaView Amount(long bytes) => new(0, 0, (bytes + (1 << 20) - 1) >> 20, 1);

    private static Caller Owner(UploadRecord record) => new("restart", record.Project, Role.Admin, "socket");

    private static UploadRecord? Read(string folder)
    {
        try
        {
            return
                JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, RecordFile)), UploadJson.Default.UploadRecord)
                    is { } record
                && record.Id == Path.GetFileName(folder)
                ? record
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    private sealed class Upload(UploadRecord record, string folder, IDisposable held) : IDisposable
    {
        private IncrementalHash? _hash;
        private long _hashed;
        private int _uses;
        private bool? _isRight;

        public UploadRecord Record { get; } = record;

        public string Folder { get; } = folder;

        public string ContentPath { get; } = Path.Combine(folder, ContentFile);

        public long Received { get; private set; } =
            new FileInfo(Path.Combine(folder, ContentFile)) is { Exists: true } file ? file.Length : 0;

        public UploadView View =>
            new(Record.Id, Record.Bytes, Received, Record.Created)
            {
                Sha256 = Record.Sha256,
                Complete = Received == Record.Bytes && _isRight != false,
            };

        public FileStream OpenEnd() =>
            new(
                ContentPath,
                new FileStreamOptions
                {
                    Mode = FileMode.Append,
                    Access = FileAccess.Write,
                    BufferSize = 0,
                    Options = FileOptions.Asynchronous,
                }
            );

        public void Add(ReadOnlySpan<byte> part)
        {
            if (_hashed == Received)
            {
                (_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).AppendData(part);
                _hashed += part.Length;
            }

            Received += part.Length;
        }

        /// <summary>Compares the content with the promised digest. After a restart of the service it is read again.</summary>
        public bool Verify()
        {
            if (Record.Sha256 is null)
                return true;
            if (_hash is not null && _hashed == Received)
                return (_isRight = Convert.ToHexStringLower(_hash.GetCurrentHash()) == Record.Sha256).Value;
            using var file = File.OpenRead(ContentPath);
            return (_isRight = Convert.ToHexStringLower(SHA256.HashData(file)) == Record.Sha256).Value;
        }

        public IDisposable Use()
        {
            if (Interlocked.Exchange(ref _uses, 1) != 0)
                throw new CloudletException(ErrorKind.Busy, $"upload {Record.Id} is in use by another request: wait for it to end");
            return new Release(this);
        }

        public void Dispose()
        {
            _hash?.Dispose();
            held.Dispose();
        }

        private sealed class Release(Upload upload) : IDisposable
        {
            public void Dispose() => Volatile.Write(ref upload._uses, 0);
        }
    }
}

/// <summary>A complete upload that an operation uses.</summary>
/// <param name="path">Its content.</param>
/// <param name="end">Discards it.</param>
public sealed class TakenUpload(string path, Action end) : IDisposable
{
    private Action? _end = end;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase
)]
[System.Text.Json.Serialization.JsonSerializable(typeof(UploadRecord))]
internal sealed partial class UploadJson : System.Text.Json.Serialization.JsonSerializerContext;
