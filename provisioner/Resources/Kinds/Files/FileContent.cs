using System.Text;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>
/// Resolves the content of a spec to bytes: literal text, text with secrets filled in, or a sealed earlier content. Values of secrets
/// leave this class only in those bytes.
/// </summary>
internal sealed class FileContent(IHostFiles files, ContentVault vault)
{
    private const string Opening = "${secret:";

    /// <summary>Resolves the content of a spec that has one.</summary>
    /// <exception cref="CloudletException">NotFound: a secret's file is missing; InvalidInput: the text names a secret that the spec does
    /// not have.</exception>
    public byte[] Resolve(FileSpec spec)
    {
        if (ContentVault.IdIn(spec.Content) is { } id)
            return vault.Unseal(id);
        var text = spec.Content ?? "";
        return spec.Secrets is { Count: > 0 } secrets ? Fill(text, secrets, spec.Id) : Encoding.UTF8.GetBytes(text);
    }

    private byte[] Fill(string text, IReadOnlyDictionary<string, string> secrets, string id)
    {
        using var filled = new MemoryStream(text.Length + 256);
        var at = 0;
        for (
            var open = text.IndexOf(Opening, StringComparison.Ordinal);
            open >= 0;
            open = text.IndexOf(Opening, at, StringComparison.Ordinal)
        )
        {
            var close = text.IndexOf('}', open);
            var name = close < 0 ? "" : text[(open + Opening.Length)..close];
            if (!secrets.TryGetValue(name, out var path))
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{id}: the content refers to a secret \"{name}\" that has no file; add it to `secrets`"
                );
            filled.Write(Encoding.UTF8.GetBytes(text[at..open]));
            filled.Write(SecretFile.Read(files, path, id, name).Span);
            at = close + 1;
        }

        filled.Write(Encoding.UTF8.GetBytes(text[at..]));
        return filled.ToArray();
    }
}
