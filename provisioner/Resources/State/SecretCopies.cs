using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.State;

/// <summary>The value that a secret was given or made last.</summary>
/// <param name="Content">Reference to the value in the vault.</param>
/// <param name="Length">Characters of a generated value; null: it was given.</param>
/// <param name="Version">Version of a generated value.</param>
public sealed record SecretCopy(string Content, int? Length, int? Version);

/// <summary>
/// Copies of secrets on a host, from which their files are repaired: the health daemon cannot ask the operator's machine, and a generated
/// value is nowhere else. The values are sealed in the vault; a record per secret says which one is the last. Another record says which
/// one is the next, if other hosts got it already: the apply that needs a new value takes that one.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Seals the values.</param>
/// <param name="folder">Folder of the records.</param>
public sealed class SecretCopies(IHostFiles files, ContentVault vault, string folder)
{
    private const int LongestRecord = 4096;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Begins the names of records of next values; no name of a secret does.</summary>
    private const string NextPrefix = ".next-";

    /// <summary>The last copy of a secret; null: there is none, or its record is damaged.</summary>
    public SecretCopy? Find(string name) => Read(PathOf(name));

    /// <summary>The next value of a secret, for this length and version; null: none was made.</summary>
    public byte[]? NextOf(string name, int? length, int? version) =>
        Read(NextPathOf(name)) is { } next && next.Length == length && next.Version == version ? ValueOf(next) : null;

    private SecretCopy? Read(string path)
    {
        if (files.Stat(path) is not { Type: HostFileType.Regular, Length: <= LongestRecord })
            return null;
        try
        {
            return
                files.Read(path, LongestRecord) is { } json
                && JsonSerializer.Deserialize(json, SecretCopyJson.Default.SecretCopy) is { } copy
                && ContentVault.IdIn(copy.Content) is not null
                ? copy
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The value of a copy; null: it is no longer in the vault, or damaged there.</summary>
    public byte[]? ValueOf(SecretCopy copy)
    {
        try
        {
            return vault.Unseal(ContentVault.IdIn(copy.Content)!);
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Unexpected)
        {
            return null;
        }
    }

    /// <summary>Keeps a value as the last one of a secret.</summary>
    public void Keep(string name, ReadOnlySpan<byte> value, int? length, int? version) =>
        Keep(name, new SecretCopy(ContentVault.Reference(vault.Seal(value)), length, version));

    /// <summary>Makes an earlier copy the last one again.</summary>
    public void Keep(string name, SecretCopy copy) => Write(PathOf(name), copy);

    /// <summary>Keeps a value as the next one of a secret. It changes nothing until an apply takes it.</summary>
    public void KeepNext(string name, ReadOnlySpan<byte> value, int? length, int? version) =>
        Write(NextPathOf(name), new SecretCopy(ContentVault.Reference(vault.Seal(value)), length, version));

    private void Write(string path, SecretCopy copy)
    {
        if (Read(path) == copy)
            return;
        files.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        files.Write(path, JsonSerializer.SerializeToUtf8Bytes(copy, SecretCopyJson.Default.SecretCopy), OwnerOnly);
    }

    /// <summary>Forgets the copy of a secret, and its next value.</summary>
    public void Drop(string name)
    {
        files.Delete(PathOf(name));
        DropNext(name);
    }

    /// <summary>Forgets the next value of a secret.</summary>
    public void DropNext(string name) => files.Delete(NextPathOf(name));

    /// <summary>Forgets the copies of all secrets but some, and returns the references of those that stay.</summary>
    public IReadOnlyList<string> KeepOnly(IReadOnlySet<string> names)
    {
        var kept = new List<string>();
        foreach (var file in files.List(folder))
        {
            var name = file.StartsWith(NextPrefix, StringComparison.Ordinal) ? file[NextPrefix.Length..] : file;
            if (!SecretSpec.IsName(name))
                continue;
            if (!names.Contains(name))
                files.Delete($"{folder}/{file}");
            else if (Read($"{folder}/{file}") is { } copy)
                kept.Add(copy.Content);
        }

        return kept;
    }

    private string PathOf(string name) => $"{folder}/{name}";

    private string NextPathOf(string name) => $"{folder}/{NextPrefix}{name}";
}

/// <summary>JSON settings of the records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(SecretCopy))]
internal sealed partial class SecretCopyJson : JsonSerializerContext;
