import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/login.css';
import './styles/sessions.css';
import './styles/drawer.css';
import './styles/events.css';
import './styles/cluster.css';
import './styles/form.css';
import './styles/command-line.css';

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
