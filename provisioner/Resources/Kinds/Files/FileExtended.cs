using System.Text;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>Extended attributes of a file as one sealed content: their values may be secrets, and an ACL reveals permissions.</summary>
internal sealed class FileExtended(IHostFiles files, ContentVault vault)
{
    /// <summary>Seals the present attributes and returns their reference; empty for none.</summary>
    public string Capture(string path) =>
        files.ReadExtended(path) is { Count: > 0 } extended ? ContentVault.Reference(vault.Seal(Bytes(extended))) : "";

    /// <summary>The wanted reference if the file has those attributes, else the present names, without values. Writes nothing.</summary>
    public string Observe(string path, string wanted)
    {
        var extended = files.ReadExtended(path);
        if (extended.Count == 0)
            return "";
        return ContentVault.IdIn(wanted) is { } id && vault.IsIdOf(id, Bytes(extended))
            ? wanted
            : string.Join(", ", extended.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>The attributes that a captured reference stands for.</summary>
    /// <exception cref="Errors.CloudletException">Same as <see cref="ContentVault.Unseal"/>.</exception>
    public IReadOnlyDictionary<string, byte[]> Resolve(string captured)
    {
        var extended = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (ContentVault.IdIn(captured) is { } id)
            foreach (var line in Encoding.UTF8.GetString(vault.Unseal(id)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                if (line.IndexOf('=') is var at and > 0)
                    extended[Uri.UnescapeDataString(line[..at])] = Convert.FromHexString(line[(at + 1)..]);
        return extended;
    }

    private static byte[] Bytes(IReadOnlyDictionary<string, byte[]> extended) =>
        Encoding.UTF8.GetBytes(
            string.Concat(
                extended
                    .OrderBy(e => e.Key, StringComparer.Ordinal)
                    .Select(e => $"{Uri.EscapeDataString(e.Key)}={Convert.ToHexString(e.Value)}\n")
            )
        );
}
