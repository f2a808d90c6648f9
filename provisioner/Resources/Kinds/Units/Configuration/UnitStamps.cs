using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>The stamps on disk, one per unit, with the key of their digests; readable only by root.</summary>
/// <param name="files">The host's files.</param>
/// <param name="folder">Lost at a reboot, like the processes.</param>
internal sealed class UnitStamps(IHostFiles files, string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string KeyPath => $"{folder}/key";

    /// <summary>The last stamp of a unit with its key, or null: there is none, or it can no longer be used.</summary>
    public (UnitStamp Stamp, StampKey Key)? Read(string unit)
    {
        try
        {
            return
                files.Read(PathOf(unit)) is { } json
                && JsonSerializer.Deserialize(json, UnitStampJson.Default.UnitStamp) is { } stamp
                && Key() is { } key
                && key.Fingerprint == stamp.Key
                ? (stamp, key)
                : null;
        }
        catch (Exception e) when (e is JsonException or CloudletException { Kind: ErrorKind.PermissionDenied })
        {
            return null;
        }
    }

    public void Write(string unit, UnitStamp stamp) =>
        files.Write(PathOf(unit), JsonSerializer.SerializeToUtf8Bytes(stamp, UnitStampJson.Default.UnitStamp), OwnerOnly);

    public void Forget(string unit) => files.Delete(PathOf(unit));

    /// <summary>The key; created when there is none.</summary>
    public StampKey KeyOrNew()
    {
        if (Key() is { } key)
            return key;
        files.Write(KeyPath, StampKey.NewSecret(), OwnerOnly);

        // Read it back: another process may have created one at the same time.
        return Key()
            ?? throw new CloudletException(
                ErrorKind.Unexpected,
                $"{KeyPath} was written and has disappeared; find out what cleans up {folder}, and run again"
            );
    }

    private StampKey? Key() => files.Read(KeyPath) is { Length: StampKey.Length } secret ? new StampKey(secret) : null;

    private string PathOf(string unit) => $"{folder}/{unit}.json";
}
