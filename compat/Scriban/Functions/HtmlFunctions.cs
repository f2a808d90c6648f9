using System.Net;
using Scriban.Runtime;

namespace Scriban.Functions;

internal static class HtmlFunctions
{
    public static ScriptObject CreateModule()
    {
        var module = new ScriptObject();
        module.Define("escape", 1, a => WebUtility.HtmlEncode(a.Text(0)));
        return module.Sealed();
    }
}
