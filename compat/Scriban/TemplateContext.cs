using System.Text;
using Scriban.Functions;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Scriban;

/// <summary>The variables, settings and output of rendering. Not for concurrent use.</summary>
public class TemplateContext
{
    private readonly List<IScriptObject> _globals = [BuiltinFunctions.Root];
    private readonly ScriptObject _locals = new();
    private readonly List<ScriptObject> _loops = [];
    private readonly Stack<StringBuilder> _outputs = new([new StringBuilder()]);
    private int _callDepth;
    private bool _lineWasEnded;

    /// <summary>Whether reading an unknown variable is an error instead of null. Default false.</summary>
    public bool StrictVariables { get; set; }

    /// <summary>Whether <c>x.y</c> is null instead of an error where <c>x</c> is null. Default false.</summary>
    public bool EnableRelaxedTargetAccess { get; set; }

    /// <summary>Whether <c>x.y</c> is null instead of an error where <c>x</c> has no <c>y</c>. Default true.</summary>
    public bool EnableRelaxedMemberAccess { get; set; } = true;

    /// <summary>Whether calling an unknown function gives null instead of an error. Default false.</summary>
    public bool EnableRelaxedFunctionAccess { get; set; }

    /// <summary>Whether an index out of bounds gives null instead of an error. Default true.</summary>
    public bool EnableRelaxedIndexerAccess { get; set; } = true;

    /// <summary>Whether <c>x[null]</c> is null instead of an error. Default false.</summary>
    public bool EnableNullIndexer { get; set; }

    /// <summary>
    /// Whether every line that a code block writes is indented like the block, where only whitespace precedes the block on its line
    /// and is not stripped. Default true.
    /// </summary>
    public bool AutoIndent { get; set; } = true;

    /// <summary>How many times one loop may run; 0 for no limit. Default 1000.</summary>
    public int LoopLimit { get; set; } = 1000;

    /// <summary>How deep calls may nest; 0 for no limit. Default 100.</summary>
    public int RecursiveLimit { get; set; } = 100;

    /// <summary>Stops rendering with a <see cref="ScriptAbortException"/>, at the latest at the next step of a loop.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>The object that assignments of the template go to.</summary>
    public IScriptObject CurrentGlobal => _globals[^1];

    /// <summary>Makes the members of an object variables of the template; they hide those of objects pushed before.</summary>
    public void PushGlobal(IScriptObject scriptObject)
    {
        ArgumentNullException.ThrowIfNull(scriptObject);
        _globals.Add(scriptObject);
    }

    /// <summary>Takes away the object that was pushed last.</summary>
    /// <exception cref="InvalidOperationException">Nothing was pushed.</exception>
    public IScriptObject PopGlobal()
    {
        if (_globals.Count == 1)
            throw new InvalidOperationException("Unexpected PopGlobal() not matching a PushGlobal");
        var last = _globals[^1];
        _globals.RemoveAt(_globals.Count - 1);
        return last;
    }

    internal FlowState Flow { get; set; }

    internal string? CurrentIndent { get; set; }

    internal bool IsInLoop => _loops.Count > 0;

    internal ScriptObject EnterLoop()
    {
        var scope = new ScriptObject();
        _loops.Add(scope);
        return scope;
    }

    internal void ExitLoop() => _loops.RemoveAt(_loops.Count - 1);

    internal void CheckAbort(SourceRange range)
    {
        if (CancellationToken.IsCancellationRequested)
            throw new ScriptAbortException(range.Span, CancellationToken);
    }

    internal void EnterRecursive(Expression caller)
    {
        if (RecursiveLimit != 0 && _callDepth >= RecursiveLimit)
            throw caller.Error($"Exceeding number of recursive depth limit `{RecursiveLimit}` for node: `{caller}`");
        _callDepth++;
    }

    internal void ExitRecursive() => _callDepth--;

    internal bool TryGetVariable(SourceRange range, string name, bool isLocal, out object? value)
    {
        if (isLocal) return _locals.TryGetValue(name, out value);
        for (var i = _loops.Count - 1; i >= 0; i--)
            if (_loops[i].TryGetValue(name, out value)) return true;
        for (var i = _globals.Count - 1; i >= 0; i--)
            if (Members.TryGet(this, range, _globals[i], name, out value)) return true;

        value = null;
        return false;
    }

    internal void SetVariable(Variable variable, bool isLocal, object? value)
    {
        var name = variable.Name;
        if (BuiltinFunctions.Root.Contains(name))
            throw variable.Error($"Cannot set the builtin readonly variable `{name}`");
        var store = isLocal ? _locals : _loops.FindLast(loop => loop.Contains(name)) ?? CurrentGlobal;
        if (!store.TrySetValue(this, variable.Span, name, value, readOnly: false))
            throw variable.Error($"Cannot set value on the readonly variable `{name}`");
    }

    internal void PushOutput() => _outputs.Push(new StringBuilder());

    internal string PopOutput() => _outputs.Pop().ToString();

    /// <summary>What was written since the last call.</summary>
    internal string TakeOutput()
    {
        var output = _outputs.Peek();
        var text = output.ToString();
        output.Clear();
        return text;
    }

    internal void Write(string? text)
    {
        if (string.IsNullOrEmpty(text)) return;
        var output = _outputs.Peek();
        if (string.IsNullOrEmpty(CurrentIndent))
            output.Append(text);
        else
            WriteIndented(output, text, CurrentIndent);
        _lineWasEnded = text[^1] == '\n';
    }

    private void WriteIndented(StringBuilder output, string text, string indent)
    {
        var startsLine = _lineWasEnded;
        for (var start = 0; start < text.Length;)
        {
            if (startsLine) output.Append(indent);
            var lineEnd = text.IndexOf('\n', start);
            var next = lineEnd < 0 ? text.Length : lineEnd + 1;
            output.Append(text, start, next - start);
            start = next;
            startsLine = true;
        }
    }
}
